import type { GridPoint } from '../../catalog/calibration.js';
import { CONFIDENCE_STEPS, NO_ANSWER, type TextRows } from '../../catalog/text-calibration.js';
import { certify, DEFAULT_DELTA, type Certificate } from '../../judge/risk-control.js';

const GRID_POINTS = 100;

/** A tier of a walk, by the rows it was calibrated on. Rows of all tiers of a walk are those of the same questions. */
export interface WalkRung {
  readonly rows: TextRows;
  /** Whether it is left, or shown, by its first tokens; otherwise by its whole answer. */
  readonly isHeld: boolean;
}

/** Bounds of tiers that are asked one after the other. */
export interface WalkBounds {
  /**
   * The bound of the last tier of a walk, certified on the rows that reach it: those that none of the tiers before it
   * accepts, each by its own bound. So P(wrong | accepted) is at most `maxRisk` at every tier apart, and of all answers
   * together. A tier without a certificate accepts nothing, so that it makes no difference whether it is asked.
   * @param walk in the order in which tiers are asked, the last one included
   * @param delta of this certificate alone, as `deltaOfEach` has it
   * @returns its `coverage` is a share of all rows, not only of those that reach it; undefined where nothing is certified
   */
  certificate(ask: Ask): Certificate | undefined;
}

interface Ask {
  readonly walk: readonly WalkRung[];
  readonly maxRisk: number;
  readonly delta: number;
}

/** Requests ask for the same few bounds again and again. */
const KEPT = 64;

interface Bound {
  readonly certificate: Certificate | undefined;
  /** Rows that it does not accept. */
  readonly left: readonly number[];
}

/** What each certificate may be wrong with where a ladder has so many tiers: a walk may begin at each of them. */
export const deltaOfEach = (tiers: number): number => DEFAULT_DELTA / ((tiers * (tiers + 1)) / 2);

/** A function of what it is asked, which keeps what it has found. */
export function createWalkBounds(): WalkBounds {
  const kept = new Map<string, Bound>();
  const names = new WeakMap<TextRows, number>();
  let named = 0;
  const nameOf = ({ rows, isHeld }: WalkRung): string => {
    const name = names.get(rows) ?? named++;
    names.set(rows, name);
    return `${name}${isHeld ? ' held' : ''}`;
  };

  const boundOf = (walk: readonly WalkRung[], risk: Omit<Ask, 'walk'>): Bound => {
    const key = JSON.stringify([risk.maxRisk, risk.delta, ...walk.map(nameOf)]);
    const known = kept.get(key);
    if (known) return known;
    const rung = walk.at(-1)!;
    const rows = rung.rows.whole.length;
    const before = walk.slice(0, -1);
    const reaching = before.length > 0 ? boundOf(before, risk).left : Array.from({ length: rows }, (_, row) => row);
    const certificate = certify({ grid: gridOf(rung, reaching), rows, ...risk });
    const least = Math.round((certificate?.threshold ?? Infinity) * CONFIDENCE_STEPS);
    const bound = { certificate, left: reaching.filter((row) => decisive(rung, row) < least) };
    if (kept.size >= KEPT) kept.clear();
    kept.set(key, bound);
    return bound;
  };

  return { certificate: ({ walk, ...risk }) => boundOf(walk, risk).certificate };
}

/** What a tier is left by. */
const decisive = ({ rows: { whole, early }, isHeld }: WalkRung, row: number): number =>
  isHeld && early[row] !== NO_ANSWER ? early[row]! : whole[row]!;

/** What its answer is accepted by: of one that is shown early the beginning counts as well. */
const accepting = (rung: WalkRung, row: number): number => Math.min(decisive(rung, row), rung.rows.whole[row]!);

/** Accepted and wrong at thresholds placed by coverage of the rows that reach a tier, strictest first. */
function gridOf(rung: WalkRung, reaching: readonly number[]): GridPoint[] {
  const answered = reaching
    .map((row) => ({ at: accepting(rung, row), isWrong: rung.rows.right[row] === 0 }))
    .filter(({ at }) => at !== NO_ANSWER)
    .toSorted((a, b) => b.at - a.at);
  const grid: GridPoint[] = [];
  let accepted = 0;
  let wrong = 0;
  for (let i = 1; i <= GRID_POINTS; i++) {
    const coverage = i / GRID_POINTS;
    const last = answered[Math.max(0, Math.floor(coverage * reaching.length) - 1)];
    if (!last) break;
    // Whoever is as sure as the last one is accepted with it.
    for (; accepted < answered.length && answered[accepted]!.at >= last.at; accepted++)
      wrong += Number(answered[accepted]!.isWrong);
    grid.push({ coverage, threshold: last.at / CONFIDENCE_STEPS, accepted, wrong });
  }
  return grid;
}
