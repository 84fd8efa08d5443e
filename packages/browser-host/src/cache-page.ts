/** Answers that a page gives again: what a page without them loads nothing of. */
import {
  DEFAULT_CACHE_SETTINGS,
  withResponseCache as withCache,
  withSweep,
  type CacheFace,
  type CacheSettings,
} from '@terrace/core/cache';
import type * as SemanticPage from './cache/semantic-page.js';
import { openPageCache } from './cache/open-page-cache.js';
import type { BrowserRuntime } from './create-browser-runtime.js';
import { fileIn } from './lent/file-in.js';
import { borrowFrom } from './lent/borrow.js';
import { randomName } from './random-name.js';
import { loadModule } from './worker/load-module.js';
import { secureRandom } from './secure-random.js';
import { startHash } from './store/part.js';
import { systemClock } from './system-clock.js';

export type {
  CacheFace,
  CacheFacts,
  CacheOutcome,
  CacheSettings,
  CacheStats,
  CacheWish,
  CalibrationRow,
  ForgetAnswers,
  HitCalibration,
  ResponseCache,
  SemanticSettings,
  SemanticStanding,
} from '@terrace/core/cache';

/** What is in `semantic.js`. */
type SemanticModule = typeof SemanticPage;

/** How a page keeps answers; everything has a default. */
export interface PageCacheOptions extends Partial<CacheSettings> {
  /** Nothing is stored: what is kept ends with the page, and no other tab has it. */
  readonly memoryOnly?: boolean;
  /** The folder with the package's other files, where they do not stand beside this script. Of the page's own origin. */
  readonly assetsUrl?: string | URL;
  /** Told of what works less well than it could, such as a browser that lets nothing be stored. */
  readonly onWarning?: (message: string) => void;
  /** Told when something of the cache failed: no request does by it. */
  readonly onFailure?: (error: unknown) => void;
}

/** A runtime that gives answers again. */
export type CachedRuntime<R> = Omit<R, 'run' | 'stream' | 'cache'> & CacheFace;

/**
 * Gives answers again to requests that are the same, without a model and without a network; those that were computed are
 * kept in the site's storage, for all its tabs. Around `withText(runtime)` it does so for texts as well. Answers are
 * stored as they are, and of questions only a hash. Another model, delta or calibration never answers by what was kept
 * before it.
 */
export function withResponseCache<R extends Pick<BrowserRuntime, 'rare' | 'flush' | 'close'> & Answering>(
  runtime: R,
  { memoryOnly = false, assetsUrl, onWarning, onFailure, ...given }: PageCacheOptions = {},
): CachedRuntime<R> {
  const settings: CacheSettings = { ...DEFAULT_CACHE_SETTINGS, ...given };
  const { identity, ledger, embed } = borrowFrom(runtime, assetsUrl);
  const { semantic } = settings;
  const clock = systemClock;
  const store = withSweep(openPageCache({ memoryOnly, settings, clock, onWarning }), { clock, onFailure });
  // Opened ahead: a request does not wait long for it.
  store.secret().catch(() => undefined);
  return withCache(runtime as never, {
    store,
    settings,
    identity,
    ledger,
    clock,
    startHash,
    newId: randomName,
    onFailure,
    ...(semantic && {
      openSemantic: async () => {
        const { createSemanticCache, createVectorIndex } = await loadModule<SemanticModule>(
          fileIn(assetsUrl, 'semantic.js', () => new URL('./semantic.js', import.meta.url)),
        );
        return createSemanticCache({
          store,
          embed,
          createIndex: createVectorIndex,
          settings: semantic,
          clock,
          random: secureRandom,
          startHash,
          ...(onFailure && { onFailure }),
        });
      },
    }),
  }) as unknown as CachedRuntime<R>;
}

/** Whatever it answers: the two faces of a runtime with texts differ in what they take. */
interface Answering {
  readonly run: (input: never, options?: never) => Promise<unknown>;
  readonly stream: (input: never, options?: never) => AsyncGenerator<unknown, unknown>;
}
