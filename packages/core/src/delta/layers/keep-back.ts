import type { Random } from '../../ports/random.js';
import { splitRows, stratifiedFolds } from '../fit/folds.js';

const FOLDS = 5;

/**
 * A fifth of the rows of each label is kept back, to judge by; a label's only row is not.
 * @param truth [rows]
 */
export function keepBack(
  truth: Int32Array,
  random: Random,
): { readonly training: readonly number[]; readonly judging: readonly number[] } {
  const { inside, outside } = splitRows(stratifiedFolds({ truth, folds: FOLDS, random }), 0);
  const known = new Set(outside.map((row) => truth[row]));
  const only = inside.filter((row) => !known.has(truth[row]));
  return { training: [...outside, ...only], judging: inside.filter((row) => known.has(truth[row])) };
}
