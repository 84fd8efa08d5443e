import { MIN_ROWS, type CalibrationInput } from '../calibrate/fit-calibration.js';
import type { Calibration } from '../catalog/calibration.js';
import { pickMatrix } from '../delta/fit/folds.js';
import type { Random } from '../ports/random.js';
import type { DeltasPorts } from './deltas-ports.js';
import { scoredRows, type ScoredRung } from './grade-ladder.js';
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

export interface CalibrationAsk {
  readonly domain: string;
  /** Lightest first. */
  readonly rungs: readonly RungToCalibrate[];
  /** The right label of each row. */
  readonly truth: readonly string[];
  /** Of each row whether one of the rungs was fitted on it all the same: such rows certify nothing. */
  readonly seen?: readonly boolean[] | undefined;
  readonly outOfScopeLabel: string | null;
  readonly fingerprint: string;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
  readonly onLadder?: ((done: number, total: number) => void) | undefined;
}

/**
 * Confidences and thresholds of every ladder of the rungs that share the labels of the largest one.
 * @returns undefined with too few rows, or rows of too few labels: then tiers accept on a high raw score only
 */
export async function calibrateRungs(
  { domain, rungs, truth, seen = [], outOfScopeLabel, fingerprint, random, signal, onLadder }: CalibrationAsk,
  { calibrate }: Pick<DeltasPorts, 'calibrate'>,
): Promise<Calibration | undefined> {
  const keyOf = ({ labels }: ScoredRung): string => JSON.stringify(labels.toSorted());
  const largest = rungs.at(-1);
  const alike = rungs.filter((rung) => largest && keyOf(rung) === keyOf(largest));
  const known = new Set(largest?.labels);
  const usable = [...truth.keys()].filter((row) => known.has(truth[row]!) && !seen[row]);
  const sampled = sampleRows(
    usable.map((row) => truth[row]!),
    MOST_ROWS,
    random,
  ).map((at) => usable[at]!);
  const covered = new Set(sampled.map((row) => truth[row]!)).size;
  if (sampled.length < MIN_ROWS || covered < LEAST_COVERED * known.size) return undefined;
  const rows = scoredRows(
    alike.map((rung) => ({ ...rung, logits: pickMatrix(rung.logits, sampled) })),
    { tiers: alike.map(({ id }) => id), truth: sampled.map((row) => truth[row]!), outOfScopeLabel },
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
  return rounded(await calibrate(input, signal)) as Calibration;
}

/** Six digits are more than the data can tell, and keep the file readable. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rounded(each)]));
}
