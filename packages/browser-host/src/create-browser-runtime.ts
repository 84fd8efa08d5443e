import type {
  AddressedEndpoint,
  Catalog,
  CodeEndpoint,
  DeviceProfile,
  EndpointKeys,
  FetchProgress,
  LedgerReport,
  OwnPattern,
  Queued,
  ReportQuery,
  RequestInput,
  RunOptions,
  Runtime,
  SchedulerLimits,
} from '@terrace/core';
import type { BudgetLimit, BudgetStanding } from '@terrace/core/budget';
import type { Deltas } from '@terrace/core/deltas';
import { fromEnvelope } from '@terrace/core/engine';
import type { ExportOptions, Exported } from './bundles/export-bundle.js';
import type { ImportOptions, Imported } from './bundles/import-bundle.js';
import type { Caller } from './calls/caller.js';
import { checkOptions, resolve } from './page/check-options.js';
import { isNoData, noData } from './page/no-data.js';
import { filesIn, ownFiles } from './page/own-files.js';
import { readPageFacts } from './page/page-facts.js';
import { createModelCalls, withoutFunctions } from './page/page-models.js';
import { readSteps } from './page/read-steps.js';
import { startWorker } from './page/start-worker.js';
import { systemClock } from './system-clock.js';
import { RuntimeLink, type TabRole } from './tabs/runtime-link.js';
import { tabGroup } from './tabs/tab-group.js';
import { openWipeChannel } from './wipe/closing-runtimes.js';
import { createUnpacker } from './worker/packed-result.js';
import type { Feedback, News, RareCalls, RuntimeSettings } from './worker/protocol.js';
import { VERSION } from './assets/version.js';

export interface BrowserRuntimeOptions {
  /**
   * Of `catalog.json`; models, deltas and calibrations lie beside it as the catalog names them. `null` where there is no
   * server of models: then there is what was imported.
   */
  readonly catalogUrl: string | URL | null;
  /** The folder with the package's other files, where they do not stand beside the script. Of the page's own origin. */
  readonly assetsUrl?: string | URL;
  /** Each the `publicKey` of a file that `terrace keys export` writes: a catalog that none of them has signed is refused. */
  readonly trustedKeys?: readonly string[];
  /** Most memory that models and the inference runtime (32 MiB) may take. */
  readonly memoryBytes?: number;
  /** A model that nobody used for so long is unloaded; a quarter of an hour by default. */
  readonly idleUnloadMs?: number;
  /** How requests share runs, and how many may wait. */
  readonly limits?: Partial<SchedulerLimits>;
  /** WebAssembly threads of one model; 1 by default. More need a page that is cross-origin isolated. */
  readonly threads?: number;
  /** Whether a WebGPU adapter that computes on the processor may be used. */
  readonly allowSoftwareGpu?: boolean;
  /** Tiers that the page itself brings: models in its own code, and servers at an address. */
  readonly endpoints?: readonly (AddressedEndpoint | CodeEndpoint)[];
  /** Keys of endpoints. Whatever a page holds its user can read. */
  readonly keys?: EndpointKeys;
  /** What must not leave the device beside e-mail addresses, phone numbers, cards and accounts. */
  readonly redaction?: readonly OwnPattern[];
  /** What requests may cost in a period, counted for all tabs of the site. */
  readonly budgets?: readonly BudgetLimit[];
  /** Asks an endpoint a second time when its answer is late; on by default. */
  readonly hedging?: boolean;
  /** Whether requests that wait for the network are answered in the background; on by default. */
  readonly reconcile?: boolean;
  /** Whether tabs of the site with the same options share one runtime, and its models; on by default. */
  readonly shared?: boolean;
  /** Told whether the runtime is in this tab or in another one, and when that changes. */
  readonly onRole?: (role: TabRole) => void;
  /** Told of every download: `totalBytes` covers all files of it from the first event on. */
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Told of what works less well than it could, such as a full disk. */
  readonly onWarning?: (message: string) => void;
  /** Told when something failed that no request can report. */
  readonly onFailure?: (error: unknown) => void;
}

/** Work that can be ended, and tells how far it is. */
interface Watched {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
}

/** Asks for what few visits need. */
type Rare = Caller<RareCalls>['call'];

/** What a tab begins with when it comes to lead. */
type Settings = Omit<RuntimeSettings, 'isOffline'> & { isOffline?: boolean };

/** Answers requests in a page. Everything is computed in workers. */
export interface BrowserRuntime extends Pick<Runtime, 'stream' | 'run' | 'recommend' | 'flush' | 'close'> {
  /**
   * Downloads and loads what would answer such a request, so that the first answer does not wait for it.
   * @param options.onProgress `totalBytes` covers all files from the first event on
   */
  prepare(
    input: Omit<RequestInput, 'text'>,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (progress: FetchProgress) => void },
  ): Promise<void>;
  /** Requests that were put off until a tier can be reached. */
  readonly queued: Queued;
  /** What was measured of the device. */
  profile(): Promise<DeviceProfile>;
  catalog(): Promise<Catalog>;
  /** Looks for a newer catalog. @returns whether there was one */
  refreshCatalog(): Promise<boolean>;
  /**
   * Takes models from a file that `terrace models bundle` or `exportBundle` has made: who signed it is asked first, then
   * the licences, and every byte is checked. From then on they are in the catalog, also without a network, over what the
   * server brings under the same names. Whatever fails, nothing has changed.
   * @throws UntrustedSignerError, InvalidSignatureError, LicenceNotAcceptedError, InvalidBundleError, StorageError
   */
  importBundle(file: Blob, options?: ImportOptions & Watched): Promise<Imported>;
  /**
   * Puts the models, deltas and calibrations that are on this device into one file, unsigned, for another device.
   * @throws InvalidRequestError when a name is unknown, ArtifactMissingError when nothing of it is here
   */
  exportBundle(options?: ExportOptions & Watched): Promise<Exported>;
  /** Keeps what somebody said of an answer. @throws InvalidRequestError, StorageError */
  recordFeedback(feedback: Feedback): Promise<void>;
  /**
   * What the ledger of this site shows, as `terrace report` does of a box: how requests were answered, how well as far as
   * somebody said so, and what it took beside everything having gone to the cloud.
   * @throws StorageError
   */
  report(query?: ReportQuery, options?: { readonly signal?: AbortSignal }): Promise<LedgerReport>;
  /** How each of `budgets` stands now; empty without any. @throws StorageError */
  budgets(): Promise<BudgetStanding[]>;
  /**
   * Pretends that there is no network, in all tabs that share the runtime: until it is taken back no endpoint is asked
   * and no file of the catalog fetched. Then it goes on at once, with what waits in the queue as well.
   */
  setOffline(isOffline: boolean): Promise<void>;
  /**
   * Fits what models answer from examples, on this device: computed in a worker, kept here, in force in all tabs at once
   * and from then on. A fit goes on until its signal ends it; `rollback` is instant.
   */
  readonly deltas: Deltas;
  /** By name, for what stands in a script of its own, such as `@terrace/browser-host/text`. */
  readonly rare: Rare;
  /** Asks the browser to keep what is stored when space gets short. @returns whether it will */
  persist(): Promise<boolean>;
}

/**
 * Terrace in a page: onnxruntime-web in workers, IndexedDB, and the models of a catalog. Resolves when requests can be
 * answered; models are downloaded when they are first needed.
 * @throws InvalidOptionError when an option means nothing
 * @throws AssetsMissingError when the package's other files are not there
 * @throws InvalidCatalogError, DownloadError when there is no catalog to begin with
 */
export async function createBrowserRuntime(options: BrowserRuntimeOptions): Promise<BrowserRuntime> {
  checkOptions(options);
  const { catalogUrl, assetsUrl, endpoints = [], keys, shared = true, ...rest } = options;
  const { onProgress, onWarning, onFailure, onRole = () => undefined, ...plain } = rest;
  const files = assetsUrl === undefined ? ownFiles() : filesIn(resolve(`${assetsUrl}/`.replace(/\/+$/, '/')));
  const settings: Settings = {
    ...plain,
    version: VERSION,
    files,
    catalogUrl: catalogUrl === null ? '' : resolve(catalogUrl).href,
    endpoints: endpoints.map(withoutFunctions),
    hasKeys: keys !== undefined,
  };
  const onNews = (news: News): void => {
    switch (news.kind) {
      case 'failed':
        return onFailure?.(fromEnvelope(news.error));
      case 'warned':
        return onWarning?.(news.message);
      case 'offline':
        settings.isOffline = news.isOffline;
        return;
      case 'progressed':
        return onProgress?.(news.progress);
      default:
        return news satisfies never;
    }
  };
  const link = await RuntimeLink.open({
    settings,
    group: shared ? await tabGroup(settings) : undefined,
    clock: systemClock,
    random: Math.random,
    startWorker: (told) => startWorker({ url: files.runtimeWorker, ...told }),
    page: {
      facts: readPageFacts,
      keyOf: async ([ask]) => keys?.(ask),
      callModel: createModelCalls(endpoints),
    },
    onNews,
    onRole,
  });
  const call: typeof link.call = (name, args, given) =>
    link.call(name, args, given).catch((error: unknown) => {
      throw isNoData(error) ? noData(error) : error;
    });

  const rare: Rare = (name, args, given) => call('rare', [name, args], given as never) as never;

  const unpacked = createUnpacker();
  const deltas = <N extends keyof Deltas>(
    name: N,
    args: readonly unknown[],
    { signal, onProgress: onEvent }: Parameters<Deltas['fit']>[1] = {},
  ) => rare('deltas', [name, args], { signal, onEvent }) as ReturnType<Deltas[N]>;

  const queued = <N extends keyof Queued>(
    name: N,
    args: readonly unknown[],
    { signal, onAnswer: onEvent }: Parameters<Queued['drain']>[0] = {},
  ) => call('queued', [name, args], { signal, onEvent }) as ReturnType<Queued[N]>;

  const setOffline = (isOffline?: boolean): Promise<void> => call('setOffline', [isOffline]);
  // Not every browser tells workers.
  const onBack = (): void => void setOffline().catch(() => undefined);
  addEventListener('online', onBack);
  const wipes = openWipeChannel();
  const close = (): Promise<void> => {
    wipes?.close();
    removeEventListener('online', onBack);
    return link.close();
  };
  wipes?.addEventListener('message', () => void close());

  return {
    // What was asked decides what comes out: messages do not know the task as a type.
    run: (async (
      input: RequestInput,
      { signal, queuedId, inOrder }: RunOptions & { readonly inOrder?: string | undefined } = {},
    ) => unpacked(await call('run', [input, { queuedId, inOrder }], { signal }))) as Runtime['run'],
    stream: ((input: RequestInput, { signal, queuedId }: RunOptions = {}) =>
      readSteps(
        (onEvent, over) => call('run', [input, { queuedId }], { signal: over, onEvent }),
        signal,
      )) as Runtime['stream'],
    recommend: (input, given) => call('recommend', [input], given),
    prepare: (input, { signal, onProgress: onEvent } = {}) => call('prepare', [input], { signal, onEvent }),
    queued: {
      read: (...args) => queued('read', args),
      list: (...args) => queued('list', args),
      wait: (requestId, given) => queued('wait', [requestId], given),
      drain: (given) => queued('drain', [], given),
      forget: (...args) => queued('forget', args),
    },
    profile: () => call('profile', []),
    catalog: () => call('catalog', []),
    refreshCatalog: () => call('refreshCatalog', []),
    importBundle: (file, { signal, onProgress: onEvent, ...given } = {}) =>
      rare('importBundle', [file, given], { signal, onEvent }),
    exportBundle: ({ signal, onProgress: onEvent, ...given } = {}) =>
      rare('exportBundle', [given], { signal, onEvent }),
    recordFeedback: (feedback) => rare('recordFeedback', [feedback]),
    budgets: () => rare('budgets', []),
    report: (query = {}, given) => rare('report', [query], given),
    deltas: {
      check: (ask, given) => deltas('check', [ask], given),
      fit: (ask, given) => deltas('fit', [ask], given),
      evaluate: (ask, given) => deltas('evaluate', [ask], given),
      compose: (ask, given) => deltas('compose', [ask], given),
      revisions: (...args) => deltas('revisions', args),
      promote: (...args) => deltas('promote', args),
      rollback: (...args) => deltas('rollback', args),
    },
    setOffline,
    rare,
    persist: async () => (await navigator.storage?.persist?.()) ?? false,
    flush: () => call('flush', []),
    close,
  };
}
