import type { ScoredRows } from '../calibrate/scored-rows.js';
import type { Random } from '../ports/random.js';
import { logSoftmax } from '../tasks/text-classification/label-scores.js';
import { EXAMPLE_LABELS } from './example-catalog.js';
import { seededRandom } from './seeded-random.js';

/** A standard normal draw: Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Rows of known difficulty: each tier sees the right label stand out by its `skill` less the difficulty of
 * the row, in noise of its own. A fifth are out of scope.
 */
export function syntheticRows({
  rows = 500,
  skills = { nano: 3, base: 4 },
  seed = 1,
}: {
  readonly rows?: number;
  readonly skills?: Readonly<Record<string, number>>;
  readonly seed?: number;
} = {}): ScoredRows {
  const random = seededRandom(seed);
  const labels = [...EXAMPLE_LABELS];
  const truth = Array.from({ length: rows }, () => Math.floor(random() * labels.length));
  const difficulty = truth.map(() => 2.5 * random());
  const scoresOf = (skill: number): Float64Array[] =>
    truth.map((right, row) =>
      logSoftmax(labels.map((_, label) => (label === right ? skill - difficulty[row]! : 0) + normal(random))),
    );
  const logProbs = Object.fromEntries(Object.entries(skills).map(([tier, skill]) => [tier, scoresOf(skill)]));
  return { labels, outOfScopeLabel: 'oos', truth, logProbs };
}
