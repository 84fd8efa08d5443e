import { climbOptions } from '../escalate/climb-utility.js';
import type { GridPoint, LadderCalibration } from '../catalog/calibration.js';
import { pathKey } from '../catalog/find-ladder.js';
import { probabilityRight } from '../judge/confidence.js';
import { fitClimbs, fitPath, fitWeights, pathsOf, type PathRow } from './fit-paths.js';
import { pickRows, type ScoredRows } from './scored-rows.js';
import { accuracyOf, readPaths, walk, type Ending, type Policy } from './simulate-ladder.js';

const FOLDS = 5;
const GRID_POINTS = 100;
/** How many prices are tried between "climb for anything" and "never climb". */
const PRICES = 120;

export interface LadderInput {
  readonly rows: ScoredRows;
  /** Lightest first. */
  readonly tiers: readonly string[];
  /** Time of one run over that of the largest tier, one a tier. */
  readonly relativeCosts: readonly number[];
}

/**
 * Calibrates one ladder: how paths are fused and mapped to P(right), what a climb is worth, at which
 * price the ladder is as right as its largest tier, and how often it errs at each threshold.
 */
export function fitLadder(input: LadderInput): LadderCalibration {
  const policy = fitPolicy(input);
  const seen = readPaths(input.rows, policy.paths);
  const endings = input.rows.truth.map((_, row) => walk(policy, seen, row));
  const calls = input.tiers.map((tier) => endings.filter(({ tiers }) => tiers.includes(tier)).length / endings.length);
  return {
    ...policy,
    relativeCosts: [...input.relativeCosts],
    operating: { accuracy: accuracyOf(endings), calls },
    grid: fitGrid(input, policy, seen),
  };
}

function fitPolicy({ rows, tiers, relativeCosts }: LadderInput): Policy {
  const fitted = pathsOf(tiers).map((path) => fitPath(rows, path, fitWeights(rows, path)));
  const seen = readPaths(rows, fitted);
  const withClimbs = fitted.map((path) => ({ ...path, climbs: fitClimbs(path, tiers, seen) }));
  const draft = { tiers: [...tiers], relativeCosts: [...relativeCosts], paths: withClimbs };
  const exchangeRate = cheapestAsRight(draft, seen, rows);
  return { ...draft, exchangeRate };
}

/**
 * The highest price of a climb at which the ladder is at least as right as its largest tier alone. The
 * paired difference must be positive by one standard error: the cheapest setting of many is the one
 * that luck favoured, and without the margin it falls short on new data.
 * @see Breiman et al., Classification and Regression Trees (1984), the one-standard-error rule
 */
function cheapestAsRight(
  draft: Omit<Policy, 'exchangeRate'>,
  seen: ReadonlyMap<string, readonly PathRow[]>,
  rows: ScoredRows,
): number {
  const top = draft.tiers.at(-1)!;
  if (draft.tiers.length === 1) return 0;
  const alone = readPaths(rows, [fitPath(rows, [top], [1])]).get(top)!;
  let best = { rate: 0, lowerBound: -Infinity };
  for (const rate of candidatePrices(draft, seen)) {
    const endings = rows.truth.map((_, row) => walk({ ...draft, exchangeRate: rate }, seen, row));
    const lowerBound = pairedLowerBound(endings, alone);
    if (lowerBound >= 0) return rate;
    if (lowerBound > best.lowerBound) best = { rate, lowerBound };
  }
  return best.rate;
}

/** Mean of (ladder right - largest tier right) less one standard error. */
function pairedLowerBound(endings: readonly Ending[], alone: readonly PathRow[]): number {
  let sum = 0;
  let squares = 0;
  endings.forEach(({ right }, row) => {
    const difference = Number(right) - Number(alone[row]!.right);
    sum += difference;
    squares += difference * difference;
  });
  const mean = sum / endings.length;
  return mean - Math.sqrt(Math.max(0, squares / endings.length - mean * mean) / endings.length);
}

/** Prices at which some row changes its mind, dearest first: quantiles of gain over cost at the first rung. */
function candidatePrices(draft: Omit<Policy, 'exchangeRate'>, seen: ReadonlyMap<string, readonly PathRow[]>): number[] {
  const first = draft.paths.find(({ tiers }) => tiers.length === 1)!;
  const worth = seen.get(pathKey(first.tiers))!.map(({ features }) => {
    const confidence = probabilityRight(features, first.confidence);
    const options = climbOptions({ confidence, climbs: first.climbs, exchangeRate: 0, costOf: () => 0 });
    return Math.max(...options.map(({ tier, utility }) => utility / draft.relativeCosts[draft.tiers.indexOf(tier)]!));
  });
  const sorted = worth.toSorted((a, b) => b - a);
  const prices = Array.from(
    { length: PRICES },
    (_, i) => sorted[Math.floor(((i + 1) / PRICES) ** 1.5 * (sorted.length - 1))]!,
  );
  return [...new Set(prices.filter((price) => price > 0)), 0];
}

/**
 * Accepted and wrong at thresholds placed by coverage. Each row is judged by maps fitted without it, so
 * the counts are what new rows would show.
 */
function fitGrid(input: LadderInput, policy: Policy, seen: ReadonlyMap<string, readonly PathRow[]>): GridPoint[] {
  const thresholds = placeThresholds(policy, seen, input.rows.truth.length);
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const inFold = input.rows.truth.map((_, row) => row % FOLDS === fold);
    const indices = (wanted: boolean): number[] => inFold.flatMap((is, row) => (is === wanted ? [row] : []));
    const held = pickRows(input.rows, indices(true));
    const fitted = fitPolicy({ ...input, rows: pickRows(input.rows, indices(false)) });
    return { fitted: { ...fitted, exchangeRate: policy.exchangeRate }, held, seen: readPaths(held, fitted.paths) };
  });
  return thresholds.map(({ coverage, threshold }) => {
    const endings = folds.flatMap(({ fitted, held, seen: held_ }) =>
      held.truth.map((_, row) => walk(fitted, held_, row, threshold)),
    );
    const accepted = endings.filter(({ confidence }) => confidence >= threshold);
    return { coverage, threshold, accepted: accepted.length, wrong: accepted.filter(({ right }) => !right).length };
  });
}

/** Thresholds that the best confidence a row can reach exceeds at 1 %, 2 %, ... 100 % of the rows. */
function placeThresholds(
  policy: Policy,
  seen: ReadonlyMap<string, readonly PathRow[]>,
  rows: number,
): { coverage: number; threshold: number }[] {
  const reach = Array.from({ length: rows }, (_, row) =>
    Math.max(
      ...policy.paths.map((path) => probabilityRight(seen.get(pathKey(path.tiers))![row]!.features, path.confidence)),
    ),
  ).toSorted((a, b) => b - a);
  return Array.from({ length: GRID_POINTS }, (_, i) => {
    const coverage = (i + 1) / GRID_POINTS;
    return { coverage, threshold: coverage === 1 ? 0 : reach[Math.max(0, Math.floor(coverage * rows) - 1)]! };
  });
}
