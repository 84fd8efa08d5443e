import { InvalidDataError } from '../errors/invalid-data-error.js';
import type { Calibration } from '../catalog/calibration.js';
import { fitLadder } from './fit-ladder.js';
import type { ScoredRows } from './scored-rows.js';

/** Below this no bound worth having can be certified. */
export const MIN_ROWS = 100;
/** More tiers than this make too many ladders: the lightest ones and the largest are used. */
const MAX_TIERS = 4;

export interface CalibrationInput {
  readonly domain: string;
  readonly fingerprint: string;
  readonly rows: ScoredRows;
  /** Lightest first. */
  readonly tiers: readonly { readonly id: string; readonly variant: string; readonly delta: string | undefined }[];
  /** Mean time of one request on each tier, in milliseconds, measured in one interleaved run. */
  readonly meanMs: Readonly<Record<string, number>>;
  readonly onLadder?: (done: number, total: number) => void;
}

/**
 * Calibrates every ladder that can be made of the tiers, so that a device which must leave a rung out
 * still has its own certificates.
 * @throws InvalidDataError when there are too few rows to calibrate on
 */
export function fitCalibration(input: CalibrationInput): Calibration {
  const { rows, tiers, meanMs } = input;
  if (rows.truth.length < MIN_ROWS) {
    throw new InvalidDataError({
      message: `${rows.truth.length} rows are too few to calibrate on.`,
      hint: `Give at least ${MIN_ROWS} labelled rows that the deltas were not trained on; some thousand are better.`,
      facts: { rows: rows.truth.length, minimum: MIN_ROWS },
    });
  }
  const used = tiers.length <= MAX_TIERS ? tiers : [...tiers.slice(0, MAX_TIERS - 1), tiers.at(-1)!];
  const ids = used.map(({ id }) => id);
  const largestMs = meanMs[ids.at(-1)!]!;
  const ladders = subsets(ids);
  return {
    format: 1,
    domain: input.domain,
    data: {
      fingerprint: input.fingerprint,
      rows: rows.truth.length,
      outOfScopeRows: rows.truth.filter((truth) => rows.labels[truth] === rows.outOfScopeLabel).length,
    },
    tiers: Object.fromEntries(
      used.map(({ id, variant, delta }) => [id, { variant, ...(delta !== undefined && { delta }) }]),
    ),
    ladders: ladders.map((ladder, i) => {
      input.onLadder?.(i, ladders.length);
      return fitLadder({ rows, tiers: ladder, relativeCosts: ladder.map((id) => meanMs[id]! / largestMs) });
    }),
  };
}

/** Every non-empty subset, order kept. */
function subsets(ids: readonly string[]): string[][] {
  return ids.reduce<string[][]>((all, id) => [...all, ...all.map((set) => [...set, id]), [id]], []);
}
