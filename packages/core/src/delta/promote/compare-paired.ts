import type { Random } from '../../ports/random.js';
import type { Comparison, MeasuredDifference } from './promotion.js';

/** How one row was answered. */
export interface GradedRow {
  readonly right: boolean;
  /** In any unit, the same for all. */
  readonly cost: number;
}

const DRAWS = 1000;
const LEVEL = 0.05;
/** In a sub-domain with fewer rows, nothing shows. */
export const LEAST_ROWS = 30;

/**
 * A candidate beside what is in force, on the same rows, which neither was fitted on: paired bootstrap over rows.
 * Sub-domains share one error rate (Bonferroni), as any of them may stop a promotion.
 * @param current undefined where nothing is in force; then the accuracy is the candidate's own
 * @param subDomains of each row, where it belongs to one
 * @see Efron and Tibshirani, An Introduction to the Bootstrap (1993)
 */
export function comparePaired({
  candidate,
  current,
  subDomains = [],
  random,
}: {
  readonly candidate: readonly GradedRow[];
  readonly current: readonly GradedRow[] | undefined;
  readonly subDomains?: readonly (string | undefined)[];
  readonly random: Random;
}): Comparison {
  const differences = Int8Array.from(candidate, ({ right }, row) => Number(right) - Number(current?.[row]?.right ?? 0));
  const rowsOf = new Map<string, number[]>();
  for (const [row, name] of subDomains.entries()) {
    if (name === undefined) continue;
    const rows = rowsOf.get(name);
    if (rows) rows.push(row);
    else rowsOf.set(name, [row]);
  }
  const large = [...rowsOf].filter(([, rows]) => rows.length >= LEAST_ROWS);
  return {
    accuracy: bounded(measure(differences, LEVEL, random), current),
    subDomains: Object.fromEntries(
      large.map(([name, rows]) => {
        const ofThem = Int8Array.from(rows, (row) => differences[row]!);
        return [name, bounded(measure(ofThem, LEVEL / large.length, random), current)];
      }),
    ),
    costRatio: current ? costOf(candidate) / costOf(current) || 1 : 1,
  };
}

/**
 * Mean with its percentile interval, one row wider on both sides: where few rows differ the draws are too narrow (four
 * that are better and none that is worse happen by chance once in sixteen times).
 */
function measure(differences: Int8Array, level: number, random: Random): MeasuredDifference {
  const rows = differences.length;
  const sumOf = (pick: (row: number) => number): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += differences[pick(row)]!;
    return sum;
  };
  const sums = Int32Array.from({ length: DRAWS }, () => sumOf(() => Math.floor(random() * rows))).toSorted();
  const at = (share: number): number => sums[Math.min(DRAWS - 1, Math.floor(share * DRAWS))]!;
  return {
    value: sumOf((row) => row) / Math.max(1, rows),
    interval: [(at(level / 2) - 1) / Math.max(1, rows), (at(1 - level / 2) + 1) / Math.max(1, rows)],
    rows,
  };
}

function bounded({ value, interval, rows }: MeasuredDifference, current: unknown): MeasuredDifference {
  const least = current === undefined ? 0 : -1;
  const clamp = (bound: number): number => Math.min(1, Math.max(least, bound));
  return { value, interval: [clamp(interval[0]), clamp(interval[1])], rows };
}

const costOf = (rows: readonly GradedRow[]): number => rows.reduce((sum, { cost }) => sum + cost, 0);
