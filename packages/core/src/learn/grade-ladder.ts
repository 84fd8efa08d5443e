import type { Calibration, LadderCalibration } from '../catalog/calibration.js';
import type { ScoredRows } from '../calibrate/scored-rows.js';
import { simulateLadder } from '../calibrate/simulate-ladder.js';
import type { GradedRow } from '../delta/promote/compare-paired.js';
import type { Matrix } from '../ports/mat-mul.js';
import { argmax, reorder } from '../tasks/text-classification/label-scores.js';
import { rowTurns, type InTurns } from './row-turns.js';
import { logProbsOf } from './score-features.js';

/** What one rung says of some rows. */
export interface ScoredRung {
  readonly id: string;
  readonly labels: readonly string[];
  /** [rows, labels] */
  readonly logits: Matrix;
  /** What one text takes on it. */
  readonly textMs: number;
}

/** A row, and whether the lightest rung was enough. Costs are in milliseconds. */
export interface LadderRow extends GradedRow {
  readonly climbed: boolean;
}

/** Ladders this close in accuracy are equally right: the runtime takes the cheapest of them. */
const TOLERANCE = 0.005;
/** Without a calibration, a rung is believed from this raw probability on. */
const RAW_THRESHOLD = 0.9;

/**
 * How the rungs answer together when nothing is demanded: as the runtime walks them. In parts, as the probabilities of all
 * rows and labels at once would be gigabytes, and others would wait for them.
 * @param rungs lightest first, not empty
 * @param truth the right label of each row; one that a rung does not know is answered wrongly by it
 */
export async function gradeLadder(
  rungs: readonly ScoredRung[],
  truth: readonly string[],
  calibration: Calibration | undefined,
  turns: InTurns,
): Promise<LadderRow[]> {
  const ladder = calibration && chooseLadder(calibration, rungs);
  const graded: LadderRow[] = [];
  for await (const { from, to } of rowTurns(truth.length, numbersOf(rungs), turns))
    graded.push(...gradeRows(someOf(rungs, from, to), truth.slice(from, to), ladder));
  return graded;
}

const numbersOf = (rungs: readonly ScoredRung[]): number => rungs.reduce((sum, { labels }) => sum + labels.length, 0);

const someOf = (rungs: readonly ScoredRung[], from: number, to: number): ScoredRung[] =>
  rungs.map((rung) => ({ ...rung, logits: rowsOf(rung.logits, from, to) }));

const rowsOf = ({ columns, data }: Matrix, from: number, to: number): Matrix => ({
  rows: to - from,
  columns,
  data: data.subarray(from * columns, to * columns),
});

function gradeRows(
  rungs: readonly ScoredRung[],
  truth: readonly string[],
  ladder: LadderCalibration | undefined,
): LadderRow[] {
  const rows = ladder && scoredRows(rungs, { tiers: ladder.tiers, truth, outOfScopeLabel: null });
  if (!rows) return walkUncalibrated(rungs, truth);
  const msOf = new Map(rungs.map(({ id, textMs }) => [id, textMs]));
  return simulateLadder(ladder, rows).map(({ tiers, right }) => ({
    right,
    cost: tiers.reduce((sum, id) => sum + msOf.get(id)!, 0),
    climbed: tiers.length > 1,
  }));
}

interface RowsAsked {
  readonly tiers: readonly string[];
  /** Labels of the rows. */
  readonly truth: readonly string[];
  readonly outOfScopeLabel: string | null;
}

/** What all rows say, made in parts. Undefined where rungs have different labels: then nothing can be fused. */
export async function scoreInTurns(
  rungs: readonly ScoredRung[],
  asked: RowsAsked,
  turns: InTurns,
): Promise<ScoredRows | undefined> {
  const parts: ScoredRows[] = [];
  for await (const { from, to } of rowTurns(asked.truth.length, numbersOf(rungs), turns)) {
    const part = scoredRows(someOf(rungs, from, to), { ...asked, truth: asked.truth.slice(from, to) });
    if (!part) return undefined;
    parts.push(part);
  }
  const [first] = parts;
  const all = (tier: string): Float64Array[] => parts.flatMap(({ logProbs }) => logProbs[tier]!);
  return (
    first && {
      ...first,
      truth: parts.flatMap(({ truth }) => truth),
      logProbs: Object.fromEntries(Object.keys(first.logProbs).map((tier) => [tier, all(tier)])),
    }
  );
}

function scoredRows(
  rungs: readonly ScoredRung[],
  { tiers, truth, outOfScopeLabel }: RowsAsked,
): ScoredRows | undefined {
  const used = rungs.filter(({ id }) => tiers.includes(id));
  const labels = used.at(-1)?.labels ?? [];
  const index = new Map(labels.map((label, i) => [label, i]));
  const logProbs: Record<string, Float64Array[]> = {};
  for (const rung of used) {
    const aligned = logProbsOf(rung.logits).map((each) => reorder(each, rung.labels, labels));
    const known = aligned.filter((each) => each !== undefined);
    if (known.length < aligned.length) return undefined;
    logProbs[rung.id] = known;
  }
  return { labels, outOfScopeLabel, truth: truth.map((label) => index.get(label) ?? -1), logProbs };
}

function chooseLadder(calibration: Calibration, rungs: readonly ScoredRung[]): LadderCalibration | undefined {
  const msOf = new Map(rungs.map(({ id, textMs }) => [id, textMs]));
  const options = calibration.ladders.filter(({ tiers }) => tiers.every((id) => msOf.has(id)));
  const best = Math.max(...options.map(({ operating }) => operating.accuracy));
  const meanMs = ({ tiers, operating }: LadderCalibration): number =>
    tiers.reduce((sum, id, i) => sum + msOf.get(id)! * operating.calls[i]!, 0);
  return options
    .filter(({ operating }) => operating.accuracy >= best - TOLERANCE)
    .toSorted((a, b) => meanMs(a) - meanMs(b))[0];
}

function walkUncalibrated(rungs: readonly ScoredRung[], truth: readonly string[]): LadderRow[] {
  const said = rungs.map(({ labels, logits, textMs }) => ({ labels, textMs, logProbs: logProbsOf(logits) }));
  return truth.map((right, row) => {
    let cost = 0;
    for (const [i, { labels, textMs, logProbs }] of said.entries()) {
      cost += textMs;
      const best = argmax(logProbs[row]!);
      if (i === said.length - 1 || Math.exp(logProbs[row]![best]!) >= RAW_THRESHOLD)
        return { right: labels[best] === right, cost, climbed: i > 0 };
    }
    return { right: false, cost, climbed: true };
  });
}
