/**
 * So long a row has its place, and others wait for one, before places are taken in turns. A client that has stopped reading
 * is known by nothing, as sockets take megabytes: a few of them would hold all places for as long as they are written for.
 */
export const SHARE_MS = 1000;

/** What of a row decides about its place. */
export interface Placed {
  /** Since when it has its place. */
  readonly placedMs: number;
}

/**
 * Who is written side by side from now on. Whoever has had a place for longest leaves it to whoever has waited for longest,
 * and nobody gets in before that one: what needs much memory would wait for ever else.
 * @param inside rows with a place
 * @param waiting rows without, longest waiting first
 * @param fits whether these may be side by side; one alone always does
 */
export function choosePlaces<Row extends Placed>({
  inside,
  waiting,
  nowMs,
  fits,
}: {
  readonly inside: readonly Row[];
  readonly waiting: readonly Row[];
  readonly nowMs: number;
  readonly fits: (rows: readonly Row[]) => boolean;
}): { readonly leaving: readonly Row[]; readonly joining: readonly Row[] } {
  let staying = inside;
  const leave = (longest: Row): void => void (staying = staying.filter((row) => row !== longest));
  // They have grown.
  while (staying.length > 1 && !fits(staying)) leave(longestPlaced(staying)!);
  const [next] = waiting;
  const longest = longestPlaced(staying);
  if (next && longest && !fits([...staying, next]) && nowMs - longest.placedMs >= SHARE_MS) leave(longest);
  const joining: Row[] = [];
  for (const row of waiting) {
    if (!fits([...staying, ...joining, row])) break;
    joining.push(row);
  }
  return { leaving: inside.filter((row) => !staying.includes(row)), joining };
}

const longestPlaced = <Row extends Placed>(rows: readonly Row[]): Row | undefined =>
  rows.toSorted((a, b) => a.placedMs - b.placedMs)[0];
