import {
  createRuntime,
  createSelfTest,
  type DeviceProbe,
  type ExaminerModule,
  type Model,
  type OwnEndpoint,
  type RacesModule,
  type RemoteModule,
  type Runtime,
  type SelfTest,
} from '@terrace/core';
import type { BudgetLimit, OpenRuntimeBudget } from '@terrace/core/budget';
import { toEnvelope } from '@terrace/core/engine';
import type { Caller } from '../calls/caller.js';
import { otherRelease } from '../assets/other-release.js';
import { ORT_VERSION, VERSION } from '../assets/version.js';
import type { BudgetModule } from '../budget/open-browser-budget.js';
import { createBrowserEngine } from '../engine/browser-engine.js';
import { loadingAhead } from '../engine/loading-ahead.js';
import { createBrowserLedger } from '../ledger/open-ledger.js';
import { createBrowserProbe } from '../probe/browser-probe.js';
import { createBrowserQueue, type QueueModule } from '../queue/browser-queue.js';
import { createNetwork, type Network } from '../network.js';
import { openKeyValueStore } from '../records/key-value-store.js';
import { createRateRecords } from '../records/rate-records.js';
import { createSelfTestRecords } from '../records/self-test-records.js';
import type { createBrowserFetch } from '../remote/browser-fetch.js';
import { markingEngine } from '../sentinel/marking-engine.js';
import { openSentinel } from '../sentinel/open-sentinel.js';
import type { VisitFacts } from '../sentinel/page-visit.js';
import { openModels, type BrowserModels } from '../store/open-models.js';
import { repairingEngine } from '../store/repairing-engine.js';
import { storageState } from '../store/storage-state.js';
import { systemClock } from '../system-clock.js';
import { loadModule } from './load-module.js';
import { measureWhenIdle, type Requests } from './measure-when-idle.js';
import type { pageModels } from './page-model.js';
import type { BrowserPorts, openRare, RareService } from './rare-calls.js';
import type { News, PageCalls, PageEndpoint, RuntimeSettings } from './protocol.js';

/** Answers what few visits ask for. */
interface RareModule {
  readonly openRare: typeof openRare;
}

/** Of everything that is stored: tabs of one origin share it. */
const NAME = 'terrace';

/** What is in `AssetFiles.remote`. */
interface RemoteFile extends RemoteModule, QueueModule {
  readonly createBrowserFetch: typeof createBrowserFetch;
  readonly pageModels: typeof pageModels;
}

/** A runtime with what its page may look at. */
export interface OpenedRuntime {
  readonly runtime: Runtime;
  readonly requests: Requests;
  readonly models: BrowserModels;
  readonly probe: DeviceProbe;
  /** What few visits ask for. @throws AssetsMissingError */
  rare(): Promise<RareService>;
  setOffline(isOffline: boolean | undefined): void;
  close(): Promise<void>;
}

/**
 * The ports of a browser, put together.
 * @param visit of the page that this worker is of
 * @param page asked for what only a page knows
 * @param tell told of what no call reports
 * @throws AssetsMissingError when the page is of another release or a file is not there; what `openModels` throws
 */
export async function openRuntime(
  settings: RuntimeSettings,
  visit: VisitFacts,
  page: Pick<Caller<PageCalls>, 'call'>,
  tell: (news: News) => void,
): Promise<OpenedRuntime> {
  if (settings.version !== VERSION) throw otherRelease(settings.version);
  const {
    files,
    threads,
    allowSoftwareGpu,
    trustedKeys,
    memoryBytes,
    hasKeys,
    endpoints,
    catalogUrl,
    budgets: limits,
    isOffline: wasOffline = false,
    ...plain
  } = settings;
  let isOffline = wasOffline;
  const network = createNetwork();
  network.setOffline(isOffline);
  const clock = systemClock;
  // Of the leader before this one: whoever comes later is told it, too.
  if (isOffline) tell({ kind: 'offline', isOffline });
  const onFailure = (error: unknown): void => tell({ kind: 'failed', error: toEnvelope(error) });
  const onWarning = (warning: string | Error): void =>
    tell({ kind: 'warned', message: typeof warning === 'string' ? warning : warning.message });

  const engine = createBrowserEngine({ files, onWarning, ...given({ threads, allowSoftwareGpu }) });
  const loadRemote = (): Promise<RemoteFile> => loadModule(files.remote);
  const loadTrials = (): Promise<ExaminerModule & RacesModule> => loadModule(files.acquire);
  const requests = measureWhenIdle(() => probe, clock);
  const openingModels = openModels({
    catalogUrl,
    clock,
    trustedKeys,
    network,
    isBusy: requests.isBusy,
    loadSupply: () => loadModule(files.acquire),
    onWarning,
    onProgress: (progress) => tell({ kind: 'progressed', progress }),
  });
  const sentinel = openSentinel({
    ...visit,
    name: `${NAME}-crashes`,
    clock,
    load: () => loadModule(files.acquire),
  });
  const openingQueue = createBrowserQueue({ name: `${NAME}-queue`, clock, onWarning, load: loadRemote });
  const openBudget = async (asked: readonly BudgetLimit[]): Promise<OpenRuntimeBudget> =>
    (await loadModule<BudgetModule>(files.budget)).openBrowserBudget({
      name: `${NAME}-budgets`,
      limits: asked,
      clock,
      onWarning,
      onFailure,
    });
  const opening = Promise.all([
    openingModels,
    readEndpoints(endpoints, page, network, loadRemote),
    limits && openBudget(limits),
  ]);
  const [models, ownEndpoints, budget] = await opening.catch((error: unknown) => {
    void engine.close();
    throw error;
  });
  const runsHere = (): boolean => models.current().models.some(runsInBrowsers);
  if (models.current().models.some((model) => model.layers === 0 && runsInBrowsers(model))) engine.warm('static');
  const running = loadingAhead({
    engine: markingEngine(engine, sentinel),
    locate: models.locateAtOnce,
    catalog: models.current(),
    clock,
    onLoaded: () => runsHere() && engine.warm('wasm'),
  });
  const probe = createBrowserProbe({
    clock,
    engine,
    storage: storageState,
    page: () => page.call('facts', []),
    loadRates: () => loadModule(files.acquire),
    records: createRateRecords({ store: openKeyValueStore({ name: `${NAME}-rates`, clock }) }),
    crashes: async () => (await sentinel).past?.current?.() ?? [],
    runtimeVersion: ORT_VERSION,
    isOnline: network.isOnline,
    runsModels: runsHere,
    allowSoftwareGpu,
    threads,
  });
  const ledger = createBrowserLedger({
    name: `${NAME}-ledger`,
    clock,
    onWarning,
    load: () => loadModule(files.acquire),
  });
  const queue = await openingQueue;
  const selfTest: SelfTest = createSelfTest({
    loadExaminer: loadTrials,
    records: createSelfTestRecords({
      store: openKeyValueStore({ name: `${NAME}-self-tests`, clock }),
      load: () => loadModule(files.acquire),
    }),
    golden: models,
    store: models,
    clock,
    reference: 'wasm',
    environment: probe.environment(),
    onFailure,
  });
  const ports: BrowserPorts = {
    ...given(plain),
    catalog: models,
    store: models,
    probe,
    engine: repairingEngine(running, (located, signal) => models.renew(located, signal)),
    ledger,
    clock,
    random: Math.random,
    selfTest,
    loadRaces: loadTrials,
    fetch: async (request) => (await loadRemote()).createBrowserFetch(network)(request),
    loadRemote,
    loadSequel: () => loadModule(files.deltas),
    endpoints: ownEndpoints,
    ...(hasKeys && { keys: (ask) => page.call('keyOf', [ask]) }),
    ...(queue && { queue }),
    ...given({ memoryCeilingBytes: memoryBytes, budget }),
    onFailure,
  };
  const runtime = createRuntime(ports);
  network.onBack(() => runtime.lookAgain());
  let rare: RareService | undefined;
  return {
    runtime,
    requests,
    models,
    probe,
    async rare() {
      const { openRare } = await loadModule<RareModule>(files.acquire);
      return (rare ??= openRare({ name: NAME, settings, runtime, models, ports, budget, sentinel }));
    },
    setOffline(pretends = isOffline) {
      isOffline = pretends;
      network.setOffline(isOffline);
      tell({ kind: 'offline', isOffline });
    },
    async close() {
      requests.end();
      await rare?.end();
      await runtime.close();
      await budget?.close();
      models.close();
    },
  };
}

/** Descriptions are checked by what asks them: a page that has none does not load it. */
async function readEndpoints(
  endpoints: readonly PageEndpoint[],
  page: Pick<Caller<PageCalls>, 'call'>,
  network: Network,
  load: () => Promise<RemoteFile>,
): Promise<readonly OwnEndpoint[]> {
  if (endpoints.length === 0) return [];
  const remote = await load();
  return remote.pageModels(endpoints, page, network).map(remote.toOwnEndpoint);
}

/** What was said, without what was not: an option that is undefined is another thing than none. */
const given = <T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;

const runsInBrowsers = ({ variants }: Model): boolean =>
  variants.some(({ providers }) => providers.includes('wasm') || providers.includes('webgpu'));
