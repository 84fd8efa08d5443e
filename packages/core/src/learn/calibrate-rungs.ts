import { MIN_ROWS, type CalibrationInput } from '../calibrate/fit-calibration.js';
import { thinToTraffic } from '../calibrate/thin-to-traffic.js';
import type { LabelTraffic } from '../calibrate/traffic-weights.js';
import type { Calibration } from '../catalog/calibration.js';
import { pickMatrix } from '../delta/fit/folds.js';
import type { Random } from '../ports/random.js';
import type { DeltasPorts } from './deltas-ports.js';
import { scoreInTurns, type ScoredRung } from './grade-ladder.js';
import { sampleRows } from './split-rows.js';

/** More rows than this sharpen no certificate that anybody asks for, and each takes its time on every ladder. */
const MOST_ROWS = 4000;
/** Rows of few of the labels say nothing of how often the others are wrong. */
const LEAST_COVERED = 0.5;
/** No clock tells shorter times apart. */
const LEAST_MS = 0.02;

/** A rung of the ladder to be, on rows that its delta was not fitted on. */
export interface RungToCalibrate extends ScoredRung {
  /** sha256 of its weights. */
  readonly variant: string;
  /** Content id of its delta. */
  readonly delta: string;
}

/** What requests asked for, where that is known. */
interface AskedTraffic {
  readonly asked: readonly LabelTraffic[];
  /** Labels of all rows that those to calibrate on were drawn from without regard to the label. */
  readonly drawnFrom: readonly string[];
}

export interface CalibrationAsk {
  readonly domain: string;
  /** Lightest first. */
  readonly rungs: readonly RungToCalibrate[];
  /** The right label of each row. */
  readonly truth: readonly string[];
  /** Of each row whether one of the rungs was fitted on it all the same: such rows certify nothing. */
  readonly seen?: readonly boolean[] | undefined;
  readonly traffic?: AskedTraffic | undefined;
  readonly outOfScopeLabel: string | null;
  readonly fingerprint: string;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
  readonly onLadder?: ((done: number, total: number) => void) | undefined;
}

/**
 * Confidences and thresholds of every ladder of the rungs that share the labels of the largest one, on rows that have
 * labels as often as they are asked for, where that is known.
 * @returns undefined with too few rows, or rows of too few labels: then tiers accept on a high raw score only
 */
export async function calibrateRungs(
  { domain, rungs, truth, seen = [], traffic, outOfScopeLabel, fingerprint, random, signal, onLadder }: CalibrationAsk,
  { calibrate, clock }: Pick<DeltasPorts, 'calibrate' | 'clock'>,
): Promise<Calibration | undefined> {
  const keyOf = ({ labels }: ScoredRung): string => JSON.stringify(labels.toSorted());
  const largest = rungs.at(-1);
  const alike = rungs.filter((rung) => largest && keyOf(rung) === keyOf(largest));
  const known = new Set(largest?.labels);
  const usable = [...truth.keys()].filter((row) => known.has(truth[row]!) && !seen[row]);
  const covered = new Set(usable.map((row) => truth[row]!)).size;
  if (usable.length < MIN_ROWS || covered < LEAST_COVERED * known.size) return undefined;
  const labelsOf = (some: readonly number[]): string[] => some.map((row) => truth[row]!);
  const thinned = traffic && thinToTraffic({ labels: labelsOf(usable), ...traffic, random });
  const asAsked = thinned ? thinned.rows.map((at) => usable[at]!) : usable;
  const sampled = sampleRows(labelsOf(asAsked), MOST_ROWS, random).map((at) => asAsked[at]!);
  const rows = await scoreInTurns(
    alike.map((rung) => ({ ...rung, logits: pickMatrix(rung.logits, sampled) })),
    { tiers: alike.map(({ id }) => id), truth: labelsOf(sampled), outOfScopeLabel },
    { clock, signal },
  );
  if (!rows) return undefined;
  const input: CalibrationInput = {
    domain,
    fingerprint,
    rows,
    tiers: alike.map(({ id, variant, delta }) => ({ id, variant, delta })),
    meanMs: Object.fromEntries(alike.map(({ id, textMs }) => [id, Math.max(LEAST_MS, textMs)])),
    ...(onLadder && { onLadder }),
  };
  const made = rounded(await calibrate(input, signal)) as Calibration;
  if (!thinned || thinned.requests === 0) return made;
  const { requests, overlap } = thinned;
  return {
    ...made,
    data: { ...made.data, traffic: { requests, rows: usable.length, overlap: Number(overlap.toPrecision(3)) } },
  };
}

/** Six digits are more than the data can tell, and keep the file readable. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rounded(each)]));
}
