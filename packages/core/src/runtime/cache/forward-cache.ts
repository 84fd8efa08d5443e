import type { Endpoint } from '../../catalog/endpoint.js';
import type { CacheOutcome, Saved } from '../../cache/cache-facts.js';
import type { CacheWish } from '../../cache/cache-wish.js';
import { forwardedKey } from '../../cache/canonical/forwarded-key.js';
import { isRepeatable, isWholeAnswer } from '../../cache/forwarded-policy.js';
import { tenantOf } from '../../cache/tenant-of.js';
import type { ForwardedAnswer } from '../../remote/forward-chat.js';
import { createRecorder } from '../recorder.js';
import type { Wish } from './ask.js';
import { recordOfChat } from './cache-records.js';
import type { Landed } from './flight.js';
import { Flights } from './flights.js';
import { FORWARDED_TOLD, passOn, readForwarded, textOf, type ForwardedStep, type Took } from './forwarded-flight.js';
import { KeptAnswers, type Place } from './kept-answers.js';
import { readWish } from './read-wish.js';
import type { CachePorts } from './response-cache.js';
import { tellOnceAKind } from './tell-once.js';

/** A chat as it is passed on. */
export interface ForwardAsk {
  readonly endpoint: Pick<Endpoint, 'id' | 'placement' | 'price'>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Name of the key it came in with; empty where nobody needs one. */
  readonly tenant: string;
  readonly wish: CacheWish | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What whoever passed a chat on is told. */
export type ForwardedTo = Pick<ForwardedAnswer, 'requestId' | 'contentType' | 'body' | 'costUsd' | 'spentBudget'> & {
  readonly outcome: CacheOutcome;
};

/**
 * Answers of endpoints to chats that are passed on, whole and as streams, given again where the chat says that they would
 * be the same. The same chat twice at a time is passed on once: each caller can leave, and the call ends when nobody waits
 * for it.
 */
export interface ForwardCache {
  /**
   * @param compute under a signal that is its own: others may wait for it
   * @throws what `compute` throws, the signal's reason; InvalidRequestError for a wish that is none
   */
  answer(ask: ForwardAsk, compute: (signal: AbortSignal | undefined) => Promise<ForwardedAnswer>): Promise<ForwardedTo>;
  /**
   * Before answers are forgotten, or the store is closed: what is being kept is kept, and what is still computed will not
   * be. Never rejects.
   */
  settle(): Promise<void>;
  /** What was answered again is in the ledger. @throws StorageError */
  flush(): Promise<void>;
  /** Before the ledger is closed. Never rejects. */
  close(): Promise<void>;
}

export interface ForwardCachePorts extends Pick<
  CachePorts,
  'store' | 'settings' | 'identity' | 'ledger' | 'clock' | 'startHash' | 'newId' | 'onFailure'
> {
  /** Of the catalog that is in force. */
  readonly catalogRevision: () => string;
}

/** What identifies those that chats are passed on to: no task of the catalog. */
const TASK = 'chat';

interface Again {
  readonly requestId: string;
  readonly saved: Saved;
}

/** An answer that was told whole, and what was true when it was asked for. */
interface ToTakeIn {
  readonly place: Place;
  readonly wish: Wish;
  readonly identity: string;
  readonly epoch: number;
  readonly durationMs: number;
  readonly landed: Extract<Landed<ForwardedStep, Took>, { readonly kind: 'answered' }>;
}

/** A store is shared with the cache of other requests, which closes it. */
export function createForwardCache(ports: ForwardCachePorts): ForwardCache {
  const { clock, ledger, newId, onFailure = () => undefined } = ports;
  const recorder = ledger && createRecorder({ ledger, clock, onFailure });
  const tell = tellOnceAKind(ports.onFailure);
  const kept = new KeptAnswers({ ...ports, tell });
  const flights = new Flights(FORWARDED_TOLD);
  const underWay = new Set<Promise<void>>();
  let epoch = 0;

  /** Undefined where nobody can say who would answer. */
  const identity = async (): Promise<string | undefined> => {
    try {
      return await ports.identity({ task: TASK, domain: undefined });
    } catch (error) {
      tell('identity', error);
      return undefined;
    }
  };

  /** Undefined for what is nested too deeply to be written down. */
  const keyOf = (chat: Parameters<typeof forwardedKey>[0]): string | undefined => {
    try {
      return forwardedKey(chat, ports.startHash);
    } catch (error) {
      tell('request', error);
      return undefined;
    }
  };

  const recordAgain = ({ endpoint, body, tenant: owner }: ForwardAsk, again: Again, totalMs: number): void => {
    if (!recorder) return;
    const [catalogRevision, atWallMs] = [ports.catalogRevision(), clock.wallMs()];
    const key = owner === '' ? undefined : owner;
    // At once: until it is written nobody holds on to the chat.
    const record = recordOfChat({ ...again, endpoint, task: TASK, catalogRevision, body, key, atWallMs, totalMs });
    recorder.add({ kind: 'outcome', record });
  };

  const keep = async ({ place, wish, identity: before, epoch: asOf, durationMs, landed }: ToTakeIn): Promise<void> => {
    const { told = [], result: took } = landed;
    const [first] = told;
    const body = textOf(told);
    if (first?.kind !== 'answer' || body === undefined) return;
    const { contentType } = first.answer;
    if (asOf !== epoch || !isWholeAnswer({ contentType, body }) || (await identity()) !== before) return;
    const entry = { kind: 'forwarded', contentType, body, saved: { ...took, durationMs } } as const;
    const { tags = [], ttlMs } = wish;
    await kept.keep({ ...place, tags, ttlMs, question: undefined, entry });
  };

  /** Whoever asked has the answer at once; what is being written is found already. */
  const takeIn = (toTakeIn: ToTakeIn): void => {
    const work = keep(toTakeIn).catch((error: unknown) => tell('store', error));
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  return {
    async answer(ask, compute) {
      const { endpoint, body, tenant: owner, signal } = ask;
      const fromMs = clock.nowMs();
      const passedBy = async (): Promise<ForwardedTo> => ({ ...(await compute(signal)), outcome: 'bypass' });
      const { wish } = readWish({ cache: ask.wish });
      if (wish === 'off' || !isRepeatable(body)) return passedBy();
      const before = await identity();
      const tenant = await kept.hashOf(tenantOf(owner === '' ? undefined : owner, wish.tenant));
      if (before === undefined || tenant === undefined) return passedBy();
      const key = keyOf({ endpoint: endpoint.id, body, tenant, identity: before });
      if (key === undefined) return passedBy();
      const asOf = epoch;
      const place: Place = { key, scope: key, tenant };
      const found = wish.refresh ? undefined : await kept.get(place);
      if (found?.entry.kind === 'forwarded') {
        const { contentType, body: answer, saved } = found.entry;
        const requestId = newId();
        recordAgain(ask, { requestId, saved }, clock.nowMs() - fromMs);
        return { requestId, contentType, body: answer, costUsd: 0, spentBudget: undefined, outcome: 'exact' };
      }
      // Nothing may be waited for between the look and the start: two who ask at once would both pass it on.
      const name = wish.refresh ? undefined : `${asOf} ${key}`;
      const joined = name === undefined ? undefined : flights.find(name);
      if (joined) {
        const requestId = newId();
        const answer = await readForwarded(joined, signal, (took) => {
          const nowMs = clock.nowMs();
          recordAgain(ask, { requestId, saved: { ...took, durationMs: nowMs - joined.fromMs } }, nowMs - fromMs);
        });
        return { ...answer, requestId, costUsd: 0, spentBudget: undefined, outcome: 'exact' };
      }
      const flight = flights.start(name, {
        fromMs,
        live: undefined,
        start: (own) => passOn(endpoint, compute, own),
        onLanded(landed) {
          if (landed.kind === 'failed') return;
          takeIn({ place, wish, identity: before, epoch: asOf, durationMs: clock.nowMs() - fromMs, landed });
        },
      });
      return { ...(await readForwarded(flight, signal, () => undefined)), outcome: 'miss' };
    },
    async settle() {
      epoch++;
      await Promise.all(underWay);
    },
    flush: async () => recorder?.flush(),
    close: async () => recorder?.close(),
  };
}
