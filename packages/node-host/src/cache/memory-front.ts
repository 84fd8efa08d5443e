import type { Clock } from '@terrace/core';
import type { ForgetAnswers, KeptAnswer } from '@terrace/core/cache';
import type { WatchedResponseCache } from './watched-response-cache.js';

/** What other processes have replaced or removed is given out so long and no longer. */
const LOOK_EVERY_MS = 100;
const MAX_BYTES = 4 * 2 ** 20;
/** What an answer takes beside its texts and its vector. */
const ENTRY_BYTES = 1024;

/** Before a store on disk: the answers that were kept or given last, as objects, so that they are there in microseconds. */
export function withMemoryFront(
  store: WatchedResponseCache,
  { clock, maxBytes = MAX_BYTES }: { readonly clock: Pick<Clock, 'nowMs'>; readonly maxBytes?: number },
): WatchedResponseCache {
  /** Least recently used first. */
  const answers = new Map<string, KeptAnswer>();
  let bytes = 0;
  let seq: number | undefined;
  let lookedAtMs = -Infinity;
  let looking: Promise<void> | undefined;
  /** Of what is known to have changed: what was read before is not believed after. */
  let generation = 0;

  const drop = (key: string): void => {
    const answer = answers.get(key);
    if (!answer) return;
    answers.delete(key);
    bytes -= bytesOf(answer);
  };
  const clear = (): void => {
    answers.clear();
    bytes = 0;
  };
  const remember = (answer: KeptAnswer): void => {
    drop(answer.key);
    answers.set(answer.key, answer);
    bytes += bytesOf(answer);
    for (const key of answers.keys()) {
      if (bytes <= maxBytes) return;
      drop(key);
    }
  };
  const look = async (): Promise<void> => {
    lookedAtMs = clock.nowMs();
    const { keys, seq: last, isCut } = await store.replaced(seq ?? 0);
    if (last === seq) return;
    generation++;
    if (isCut || seq === undefined) clear();
    else for (const key of keys) drop(key);
    seq = last;
  };
  const changing = async <T>(operation: () => Promise<T>, settle: () => void): Promise<T> => {
    generation++;
    try {
      return await operation();
    } finally {
      generation++;
      settle();
    }
  };

  return {
    async get(key) {
      if (clock.nowMs() - lookedAtMs >= LOOK_EVERY_MS) looking ??= look().finally(() => (looking = undefined));
      try {
        await looking;
      } catch (error) {
        // Nobody knows what is still there: the next one looks again.
        lookedAtMs = -Infinity;
        throw error;
      }
      const known = answers.get(key);
      if (known) {
        answers.delete(key);
        answers.set(key, known);
        return known;
      }
      const read = generation;
      const answer = await store.get(key);
      if (answer && read === generation) remember(answer);
      return answer;
    },
    put: (kept) =>
      changing(
        () => store.put(kept),
        () => kept.forEach(({ key }) => drop(key)),
      ),
    forget: (what) =>
      changing(
        () => store.forget(what),
        () => [...answers.values()].filter((answer) => mayBeMeant(answer, what)).forEach(({ key }) => drop(key)),
      ),
    touch: (keys) => store.touch(keys),
    page: (sinceSeq) => store.page(sinceSeq),
    replaced: (sinceSeq) => store.replaced(sinceSeq),
    compare: (rows) => store.compare(rows),
    compared: (group, limit) => store.compared(group, limit),
    groups: () => store.groups(),
    note: (name) => store.note(name),
    keepNote: (name, json) => store.keepNote(name, json),
    secret: () => store.secret(),
    stats: () => store.stats(),
    close: () => store.close(),
  };
}

const bytesOf = ({ body, question }: KeptAnswer): number =>
  ENTRY_BYTES + body.length + (question ? question.vector.byteLength + 64 * question.features.length : 0);

const mayBeMeant = ({ key, tags, tenant, expiresAtWallMs }: KeptAnswer, what: ForgetAnswers): boolean =>
  (what.keys?.includes(key) ?? true) &&
  (what.tag === undefined || tags.includes(what.tag)) &&
  (what.tenant === undefined || what.tenant === tenant) &&
  (what.expiredAtWallMs === undefined || what.expiredAtWallMs >= expiresAtWallMs);
