import type { Endpoint } from '../../catalog/endpoint.js';
import type { CacheOutcome } from '../../cache/cache-facts.js';
import type { CacheWish } from '../../cache/cache-wish.js';
import { forwardedKey } from '../../cache/canonical/forwarded-key.js';
import { isRepeatable, isWholeAnswer } from '../../cache/forwarded-policy.js';
import { tenantOf } from '../../cache/tenant-of.js';
import { createRecorder } from '../recorder.js';
import { recordOfChat } from './cache-records.js';
import { KeptAnswers, type Place } from './kept-answers.js';
import { readWish } from './read-wish.js';
import type { CachePorts } from './response-cache.js';
import { tellOnceAKind } from './tell-once.js';

/** A chat as it is passed on. */
export interface ForwardAsk {
  readonly endpoint: Pick<Endpoint, 'id' | 'placement'>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Name of the key it came in with; empty where nobody needs one. */
  readonly tenant: string;
  readonly wish: CacheWish | undefined;
}

/** What an endpoint answered, whole. */
export interface ForwardedWhole {
  readonly requestId: string;
  readonly contentType: string;
  readonly body: string;
  readonly costUsd: number;
  /** Read and written, as far as the endpoint has told. */
  readonly tokens: number;
}

/** Answers of endpoints to chats that are passed on, given again where the chat says that they would be the same. */
export interface ForwardCache {
  /** @throws what `compute` throws; InvalidRequestError for a wish that is none */
  answer(
    ask: ForwardAsk,
    compute: () => Promise<ForwardedWhole>,
  ): Promise<ForwardedWhole & { readonly outcome: CacheOutcome }>;
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

/** A store is shared with the cache of other requests, which closes it. */
export function createForwardCache(ports: ForwardCachePorts): ForwardCache {
  const { clock, ledger, newId, onFailure = () => undefined } = ports;
  const recorder = ledger && createRecorder({ ledger, clock, onFailure });
  const tell = tellOnceAKind(ports.onFailure);
  const kept = new KeptAnswers({ ...ports, tell });
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

  return {
    async answer({ endpoint, body, tenant: owner, wish: asked }, compute) {
      const fromMs = clock.nowMs();
      const { wish } = readWish({ cache: asked });
      if (wish === 'off' || !isRepeatable(body)) return { ...(await compute()), outcome: 'bypass' };
      const before = await identity();
      const tenant = await kept.hashOf(tenantOf(owner === '' ? undefined : owner, wish.tenant));
      if (before === undefined || tenant === undefined) return { ...(await compute()), outcome: 'bypass' };
      const key = keyOf({ endpoint: endpoint.id, body, tenant, identity: before });
      if (key === undefined) return { ...(await compute()), outcome: 'bypass' };
      const asOf = epoch;
      const place: Place = { key, scope: key, tenant };
      const found = wish.refresh ? undefined : await kept.get(place);
      if (found?.entry.kind === 'forwarded') {
        const { contentType, body: answer, saved } = found.entry;
        const requestId = newId();
        const [catalogRevision, atWallMs, totalMs] = [ports.catalogRevision(), clock.wallMs(), clock.nowMs() - fromMs];
        const again = { requestId, endpoint, task: TASK, catalogRevision, body, saved, atWallMs, totalMs };
        const record = { ...again, key: owner === '' ? undefined : owner };
        recorder?.add(() => ({ kind: 'outcome', record: recordOfChat(record) }));
        return { requestId, contentType, body: answer, costUsd: 0, tokens: 0, outcome: 'exact' };
      }
      const answer = await compute();
      const durationMs = clock.nowMs() - fromMs;
      const { tags = [], ttlMs } = wish;
      const keep = async (): Promise<void> => {
        if (asOf !== epoch || !isWholeAnswer(answer.body) || (await identity()) !== before) return;
        const { contentType, body: text, costUsd, tokens } = answer;
        await kept.keep({
          ...place,
          tags,
          ttlMs,
          question: undefined,
          entry: { kind: 'forwarded', contentType, body: text, saved: { costUsd, tokens, durationMs } },
        });
      };
      // Whoever asked has the answer at once; what is being written is found already.
      const work = keep().catch((error: unknown) => tell('store', error));
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
      return { ...answer, outcome: 'miss' };
    },
    async settle() {
      epoch++;
      await Promise.all(underWay);
    },
    flush: async () => recorder?.flush(),
    close: async () => recorder?.close(),
  };
}
