import type { Caches } from '../graph/text-graph.js';

/** Fewer tokens are read sooner than they are looked up and copied. */
const LEAST_TOKENS = 16;

/**
 * More than these are not kept however much memory there is: a long system message and the last turns of some chats.
 * Otherwise a process that answers one chat after the other would grow over the first hundred of them. One that is longer
 * is kept alone: it had its memory already, and to read it again takes longest.
 */
const MOST_TOKENS = 1400;

interface Kept<C extends Caches> {
  readonly ids: Int32Array;
  readonly caches: C;
  readonly isShared: boolean;
}

/** Keys and values of what was read and written, for prompts that begin alike. */
export interface PrefixCache<C extends Caches> {
  readonly bytes: number;
  /** The longest beginning of these ids that is kept, but never all of them: somebody must compute the next token. */
  find(ids: Int32Array): { readonly caches: C; readonly tokens: number } | undefined;
  /** Whether it would keep them: whoever would have to copy caches asks before. */
  wants(ids: Int32Array): boolean;
  /**
   * Takes them over: what does not fit, or has to go for others, is released.
   * @param isShared what chats of many callers begin with: it does not go for one of those
   */
  keep(ids: Int32Array, caches: C, isShared?: boolean): void;
  /** From now on at most so many bytes are kept, and never more than some chats': what was used longest ago goes first. */
  limit(bytes: number): void;
}

/** Of one model and one delta: whatever changes the weights has a cache of its own. */
export function createPrefixCache<C extends Caches>({
  limitBytes,
  bytesPerToken,
}: {
  limitBytes: number;
  bytesPerToken: number;
}): PrefixCache<C> {
  /** Used longest ago first. */
  let kept: readonly Kept<C>[] = [];
  let bytes = 0;
  const mostBytes = MOST_TOKENS * bytesPerToken;
  const shrink = (toBytes: number, mayGo: (one: Kept<C>) => boolean = () => true): void => {
    for (const one of kept.filter(mayGo)) {
      if (bytes <= toBytes) return;
      kept = kept.filter((other) => other !== one);
      bytes -= one.caches.bytes;
      one.caches.release();
    }
  };
  /** What does not go for these ids. */
  const stays = (one: Kept<C>, ids: Int32Array): boolean => one.isShared && beginsWith(ids, one.ids);
  const roomFor = (ids: Int32Array): number =>
    kept.reduce((room, one) => (stays(one, ids) ? room - one.caches.bytes : room), limitBytes);
  const wants = (ids: Int32Array): boolean =>
    ids.length >= LEAST_TOKENS &&
    ids.length * bytesPerToken <= roomFor(ids) &&
    !kept.some((one) => one.ids.length === ids.length && beginsWith(ids, one.ids));
  return {
    get bytes() {
      return bytes;
    },
    find(ids) {
      const isBeginning = (one: Kept<C>): boolean => one.ids.length < ids.length && beginsWith(ids, one.ids);
      // The shorter ones are in use, too: they are there for chats that part from this one.
      const found = kept.filter(isBeginning).toSorted((a, b) => a.ids.length - b.ids.length);
      const best = found.at(-1);
      if (!best) return undefined;
      kept = [...kept.filter((one) => !found.includes(one)), ...found];
      return { caches: best.caches, tokens: best.ids.length };
    },
    wants,
    keep(ids, caches, isShared = false) {
      if (!wants(ids) || caches.bytes > roomFor(ids)) {
        caches.release();
        return;
      }
      shrink(Math.min(limitBytes, mostBytes) - caches.bytes, (one) => !stays(one, ids));
      kept = [...kept, { ids: ids.slice(), caches, isShared }];
      bytes += caches.bytes;
    },
    limit(most) {
      limitBytes = most;
      shrink(most);
    },
  };
}

export function beginsWith(ids: Int32Array, beginning: Int32Array): boolean {
  for (let i = 0; i < beginning.length; i++) if (ids[i] !== beginning[i]) return false;
  return true;
}
