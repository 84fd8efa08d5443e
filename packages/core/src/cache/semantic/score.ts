import { differsFrom, type GuardRule } from '../guard/differs.js';

/** Entries that are looked at around a question. */
export const NEIGHBOURS = 20;
/** A neighbour that is this much further in cosine counts 1/e of the nearest. */
const TEMPERATURE = 0.1;
/** So many neighbours of the same answer that differ from the nearest by a rule show that the answer does not turn on it. */
const WAIVED_BY = 2;

/** Below every score of a candidate: the guard spoke against it. */
export const GUARDED = -3;

/** Scores of another way of scoring are not comparable. */
export const SCORE_VERSION = 1;

export interface Neighbouring {
  readonly cosine: number;
  readonly features: readonly string[];
  readonly answerId: string;
}

/**
 * How alike a question is to the nearest of its neighbours, higher is more alike.
 *
 * Labels: the cosine plus the share of the neighbours, weighted by nearness, that have the same answer. A rule of the
 * guard is waived where neighbours of the same answer differ by it as well. Texts: answers are hardly ever the same, so
 * the cosine alone counts and no rule is waived.
 *
 * @param nearest best first, at least one
 * @returns {@link GUARDED} where a rule fired
 */
export function scoreOf({
  features,
  nearest,
  answers,
}: {
  features: readonly string[];
  nearest: readonly Neighbouring[];
  answers: 'labels' | 'texts';
}): number {
  const [first] = nearest;
  if (!first) return GUARDED;
  const differsFromFirst = differsFrom(first.features);
  const fired = differsFromFirst(features);
  if (answers === 'texts') return fired.length > 0 ? GUARDED : first.cosine;
  const same = nearest.filter(({ answerId }) => answerId === first.answerId);
  if (fired.length > 0) {
    const others = same.filter((neighbour) => neighbour !== first);
    if (!areWaived(fired, others, differsFromFirst)) return GUARDED;
  }
  return first.cosine + weightOf(same, first) / weightOf(nearest, first);
}

function areWaived(
  fired: readonly GuardRule[],
  others: readonly Neighbouring[],
  differsFromFirst: (features: readonly string[]) => readonly GuardRule[],
): boolean {
  const missing = new Map(fired.map((rule) => [rule, WAIVED_BY]));
  for (const { features } of others) {
    for (const rule of differsFromFirst(features)) {
      const left = missing.get(rule);
      if (left === 1) missing.delete(rule);
      else if (left !== undefined) missing.set(rule, left - 1);
    }
    if (missing.size === 0) return true;
  }
  return false;
}

const weightOf = (neighbours: readonly Neighbouring[], first: Neighbouring): number =>
  neighbours.reduce((sum, { cosine }) => sum + Math.exp((cosine - first.cosine) / TEMPERATURE), 0);
