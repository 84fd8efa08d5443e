import { randomInt, randomUUID } from 'node:crypto';
import {
  createCacheIdentity,
  createEmbed,
  createForwardCache,
  createMemoryResponseCache,
  DEFAULT_AUDIT_SHARE,
  DEFAULT_CACHE_SETTINGS,
  withEndpoints,
  withResponseCache,
  withSweep,
  type CacheFace,
  type CachePorts,
  type CacheSettings,
  type ForwardCache,
  type SemanticSettings,
  type ResponseCacheStore,
} from '@terrace/core/cache';
import type { Catalog, CatalogSource, Clock, Ledger, OwnEndpoint, Random, Runtime, TextFace } from '@terrace/core';
import type { NodeLearning } from '../learn/open-learning.js';
import { startHash } from '../store/files/start-hash.js';
import { cacheFileOf } from './cache-path.js';
import { lazyResponseCache } from './lazy-response-cache.js';

/** How a runtime keeps answers; everything has a default. */
export interface NodeCacheOptions extends Partial<Omit<CacheSettings, 'semantic'>> {
  /** Undefined: only the same request is answered from memory. */
  readonly semantic?: Pick<SemanticSettings, 'maxWrongHitRate'> & Partial<SemanticSettings>;
  /** Nothing is written to a file: what is kept ends with the process. */
  readonly memoryOnly?: boolean;
}

type Cached = Runtime & TextFace;

/** A cache around a runtime, and what it is made of. */
export interface NodeCache<R> {
  readonly runtime: R & CacheFace;
  /** For chats that are passed on beside it. */
  readonly forwardCache: ForwardCache;
}

/** Answers of a runtime that are given again, kept in `cache.db` of the state folder. */
export async function openNodeCache<R extends Cached>(
  runtime: R,
  {
    home,
    options: { memoryOnly = false, semantic: wanted, ...given },
    catalog,
    endpoints,
    ledger,
    learning,
    routes,
    clock,
    onFailure,
  }: {
    readonly home: string;
    readonly options: NodeCacheOptions;
    readonly catalog: CatalogSource;
    /** Of the application's own code, which are in no catalog. */
    readonly endpoints: readonly OwnEndpoint[];
    readonly ledger: Pick<Ledger, 'append'>;
    /** Where it learns which tiers are not to be believed. */
    readonly learning: Pick<NodeLearning, 'distrusts'> | undefined;
    /** Of a deployment, if there is one. */
    readonly routes: CachePorts['routes'];
    readonly clock: Clock;
    readonly onFailure?: ((error: unknown) => void) | undefined;
  },
): Promise<NodeCache<R>> {
  const settings: CacheSettings = {
    ...DEFAULT_CACHE_SETTINGS,
    ...given,
    semantic: wanted && { auditShare: DEFAULT_AUDIT_SHARE, ...wanted },
  };
  const { maxBytes, maxEntries, semantic } = settings;
  const answers: ResponseCacheStore = memoryOnly
    ? createMemoryResponseCache({ maxBytes, maxEntries, random: secureRandom })
    : lazyResponseCache({
        file: cacheFileOf(home),
        clock,
        maxBytes,
        maxEntries,
        onWarning: (warning) => onFailure?.(warning),
      });
  const store = withSweep(answers, { clock, onFailure });
  const identityOf = createCacheIdentity(startHash);
  const asked = withEndpoints(
    catalog,
    endpoints.map(({ endpoint }) => endpoint),
  );
  const ports: CachePorts = {
    store,
    settings,
    identity(ask) {
      const current = asked.current();
      // What a tier answered while it was trusted is not given by a ladder that goes on without it.
      return [identityOf(current, ask), ...distrusted(current, ask.domain, learning)].join(' ');
    },
    routes,
    ledger,
    clock,
    startHash,
    newId: () => randomUUID().replaceAll('-', ''),
    onFailure,
    ...(semantic && {
      openSemantic: async () => {
        const [{ createSemanticCache }, { createVectorIndex }] = await Promise.all([
          import('@terrace/core/cache'),
          import('@terrace/core/vectors'),
        ]);
        return createSemanticCache({
          store,
          embed: createEmbed(runtime),
          createIndex: createVectorIndex,
          settings: semantic,
          clock,
          random: secureRandom,
          startHash,
          ...(onFailure && { onFailure }),
        });
      },
    }),
  };
  // A file is opened, or a damaged one set aside, before there are requests: none of them waits so long for a look-up.
  await store.secret().catch((error: unknown) => onFailure?.(error));
  const forwardCache = createForwardCache({ ...ports, catalogRevision: () => catalog.current().revision });
  const shared: ResponseCacheStore = {
    ...store,
    // Chats that are passed on lie in it as well: what is forgotten of them must not come back from what was under way.
    async forget(what) {
      await forwardCache.settle();
      return store.forget(what);
    },
    async close() {
      await forwardCache.settle();
      await store.close();
    },
  };
  const cached = withResponseCache(runtime, { ...ports, store: shared });
  return {
    forwardCache,
    runtime: {
      ...cached,
      async flush() {
        await Promise.all([forwardCache.flush(), cached.flush()]);
      },
      async close() {
        // The runtime closes the ledger.
        await forwardCache.close();
        await cached.close();
      },
    },
  };
}

function distrusted(
  { domains, models, endpoints = [] }: Catalog,
  domain: string | undefined,
  learning: Pick<NodeLearning, 'distrusts'> | undefined,
): readonly string[] {
  if (!learning || domain === undefined) return [];
  const ladderRevision = domains.find(({ id }) => id === domain)?.ladderRevision;
  const tiers = [...models, ...endpoints].map(({ id }) => id);
  return tiers.filter((tier) => learning.distrusts({ domain, tier, ladderRevision }));
}

/** A secret is made of it, and whoever asks must not know which hits are audited. */
const secureRandom: Random = () => randomInt(2 ** 47) / 2 ** 47;
