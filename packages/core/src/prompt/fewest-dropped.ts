/**
 * The fewest of some, from the first on, without which something fits; all where it never does. Binary search: it fits the
 * more, the more are left out.
 * @param fits asked about log2(n) times
 */
export async function fewestDropped(most: number, fits: (dropped: number) => Promise<boolean>): Promise<number> {
  let tooFew = 0;
  let enough = most;
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (await fits(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
