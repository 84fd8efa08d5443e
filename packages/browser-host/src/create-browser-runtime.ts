import type {
  BoundedRecommendation,
  Catalog,
  CodeEndpoint,
  DeviceProfile,
  EndpointKeys,
  FetchProgress,
  OwnPattern,
  Queued,
  QueuedState,
  RequestInput,
  Result,
  Runtime,
  SchedulerLimits,
} from '@terrace/core';
import { fromEnvelope } from '@terrace/core/engine';
import { proxy, transfer } from 'comlink';
import { useErrorEnvelope } from './assets/error-transfer.js';
import { createAbortableCalls } from './page/abortable-calls.js';
import { checkOptions, resolve } from './page/check-options.js';
import { filesIn, ownFiles } from './page/own-files.js';
import { readPageFacts } from './page/page-facts.js';
import { createModelCalls, withoutFunctions } from './page/page-models.js';
import { readSteps } from './page/read-steps.js';
import { startWorker } from './page/start-worker.js';
import { withEvents } from './page/with-events.js';
import { createWorkerCalls } from './page/worker-calls.js';
import type { Feedback } from './worker/protocol.js';
import { VERSION } from './assets/version.js';

export interface BrowserRuntimeOptions {
  /** Of `catalog.json`; models, deltas and calibrations lie beside it as the catalog names them. */
  readonly catalogUrl: string | URL;
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
  /** Models in the page's own code that are tiers like any other. */
  readonly endpoints?: readonly CodeEndpoint[];
  /** Keys of endpoints. Whatever a page holds its user can read. */
  readonly keys?: EndpointKeys;
  /** What must not leave the device beside e-mail addresses, phone numbers, cards and accounts. */
  readonly redaction?: readonly OwnPattern[];
  /** Asks an endpoint a second time when its answer is late; on by default. */
  readonly hedging?: boolean;
  /** Whether requests that wait for the network are answered in the background; on by default. */
  readonly reconcile?: boolean;
  /** Told of every download: `totalBytes` covers all files of it from the first event on. */
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Told of what works less well than it could, such as a full disk. */
  readonly onWarning?: (message: string) => void;
  /** Told when something failed that no request can report. */
  readonly onFailure?: (error: unknown) => void;
}

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
  /** Keeps what somebody said of an answer. @throws InvalidRequestError, StorageError */
  recordFeedback(feedback: Feedback): Promise<void>;
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
  useErrorEnvelope();
  const { catalogUrl, assetsUrl, endpoints = [], keys, onProgress, onWarning, onFailure, ...plain } = options;
  const files = assetsUrl === undefined ? ownFiles() : filesIn(resolve(`${assetsUrl}/`.replace(/\/+$/, '/')));
  const { remote, guard, end } = startWorker(files.runtimeWorker);
  const settings = {
    ...plain,
    version: VERSION,
    files,
    catalogUrl: resolve(catalogUrl).href,
    endpoints: endpoints.map(withoutFunctions),
    hasKeys: keys !== undefined,
  };
  const page = proxy({
    facts: readPageFacts,
    keyOf: async (ask: Parameters<EndpointKeys>[0]) => keys?.(ask),
    ...createModelCalls(endpoints),
    failed: (error: Parameters<typeof fromEnvelope>[0]) => onFailure?.(fromEnvelope(error)),
    warned: (message: string) => onWarning?.(message),
    progressed: (progress: FetchProgress) => onProgress?.(progress),
  });
  try {
    await guard(remote.open(settings, page));
  } catch (error) {
    end();
    throw error;
  }
  const { ask, close } = createWorkerCalls(remote, end);
  const call = createAbortableCalls((callId, reason) => {
    // With the worker its calls end, too.
    ask(async (worker) => worker.abort(callId, reason)).catch(() => undefined);
  });

  return {
    run: (input, { signal, ...given } = {}) =>
      call<Result>(signal, (id) => ask((worker) => worker.run(id, input, given))),
    stream: (input, { signal, queuedId } = {}) =>
      readSteps(
        (steps, over) =>
          call<Result>(over, (id) => ask((worker) => worker.run(id, input, { queuedId }, transfer(steps, [steps])))),
        signal,
      ),
    recommend: (input, { signal } = {}) =>
      call<BoundedRecommendation>(signal, (id) => ask((worker) => worker.recommend(id, input))),
    prepare: (input, { signal, onProgress: tell } = {}) =>
      withEvents(tell, (port) =>
        call(signal, (id) => ask((worker) => worker.prepare(id, input, transfer(port, [port])))),
      ),
    queued: {
      read: (requestId) => ask<QueuedState | undefined>((worker) => worker.readQueued(requestId)),
      list: (query) => ask((worker) => worker.listQueued(query)),
      wait: (requestId, { signal } = {}) =>
        call(signal, (id) => ask<QueuedState | undefined>((worker) => worker.waitForQueued(id, requestId))),
      drain: ({ signal, onAnswer } = {}) =>
        withEvents(onAnswer, (port) =>
          call(signal, (id) => ask((worker) => worker.drainQueued(id, transfer(port, [port])))),
        ),
      forget: (requestId) => ask((worker) => worker.forgetQueued(requestId)),
    },
    profile: () => ask((worker) => worker.profile()),
    catalog: () => ask((worker) => worker.catalog()),
    refreshCatalog: () => ask((worker) => worker.refreshCatalog()),
    recordFeedback: (feedback) => ask((worker) => worker.recordFeedback(feedback)),
    persist: async () => (await navigator.storage?.persist?.()) ?? false,
    flush: () => ask((worker) => worker.flush()),
    close: () => close((worker) => worker.close()),
  };
}
