import { NearIndex, VARIATION } from '../delta/gate/near-index.js';
import type { Pause } from '../delta/gate/pause.js';

/**
 * Rows that are variations of each other, directly or by others between them.
 * @param rows into `forms`
 * @param forms texts in normal form
 * @param onRow called before each row, so that others have their turns
 */
export async function groupVariations(
  rows: readonly number[],
  forms: readonly string[],
  onRow: Pause,
): Promise<readonly (readonly number[])[]> {
  const index = new NearIndex(VARIATION);
  /** Of each place in `rows` the places of its group. */
  const groupOf: number[][] = [];
  for (const [at, row] of rows.entries()) {
    await onRow();
    const joined = new Set(index.findAll(forms[row]!).map((each) => groupOf[each]!));
    // The largest takes the others in: then no place changes its group more than a few times.
    const [group = [], ...others] = [...joined].toSorted((a, b) => b.length - a.length);
    for (const each of [...others.flat(), at]) {
      group.push(each);
      groupOf[each] = group;
    }
  }
  return [...new Set(groupOf)].map((group) => group.map((at) => rows[at]!));
}
