import type { Endpoint } from '../catalog/endpoint.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { DeviceProbe } from '../ports/device-probe.js';
import type { Learning } from '../ports/learning.js';
import type { Ledger } from '../ports/ledger.js';
import type { ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { Queue } from '../ports/queue.js';
import { withEndpoints } from '../catalog/with-endpoints.js';
import type { RemoteModule, RemotePorts } from '../remote/open-remotes.js';
import type { Remotes } from '../remote/remotes.js';
import { createScriptReader, type ScriptReader } from '../judge/language.js';
import { createLoader, type Loader } from '../load/loader.js';
import { createFailingProviders, type FailingProviders } from '../load/failing-providers.js';
import type { SelfTest } from '../load/self-test.js';
import { createScheduler, DEFAULT_LIMITS, type Scheduler, type SchedulerLimits } from '../run/scheduler.js';
import { workerCount } from '../run/worker-count.js';
import { createLazyRemotes, type LazyRemotes } from './lazy-remotes.js';
import { createPlanner, type Planner } from './planner.js';
import { createLazyRaces } from './lazy-races.js';
import type { Races, RacesModule } from './races.js';
import { createRecorder, type Recorder } from './recorder.js';
import { loadEntry } from './records.js';
import type { Routing } from './request-plans.js';
import type { SequelModule } from './go-on.js';
import type { RuntimeBudget } from './request-budget.js';

/** What a runtime is made of: the host behind narrow interfaces, and what the application decides. */
export interface RuntimePorts extends RemotePorts {
  readonly catalog: CatalogSource;
  readonly probe: DeviceProbe;
  readonly store: ModelStore;
  readonly engine: ModelEngine;
  readonly ledger: Ledger;
  /** Lets only those answer that answer rightly; without it whatever loads is believed. */
  readonly selfTest?: SelfTest;
  /** Loads what races providers of a device, where there are several; without it, or without a self-test, none are. */
  readonly loadRaces?: () => Promise<RacesModule>;
  /** Most memory models may take, where the user sets a limit. */
  readonly memoryCeilingBytes?: number;
  /** A model that nobody used for so long is unloaded; a quarter of an hour by default. */
  readonly idleUnloadMs?: number;
  /**
   * Loads what asks endpoints and answers what waits for them: `() => import('@terrace/core/remote')`, or that module
   * from a file of its own. Called when that is needed first; without it no endpoint is asked, and a bundle of the runtime
   * has nothing of it.
   */
  readonly loadRemote?: () => Promise<RemoteModule>;
  /** Requests that wait for the network; without it none can. What waits is answered by what `loadRemote` loads. */
  readonly queue?: Queue;
  /** Whether requests that wait are answered in the background; a command that ends soon leaves them to others. */
  readonly reconcile?: boolean;
  /** What is left to spend, by `createBudget` of `@terrace/core/budget`; no limit without it. */
  readonly budget?: RuntimeBudget;
  /**
   * Which live model answers which request: what `routeRequests` of `@terrace/core/deploy` makes of a deployment. Without it every
   * request is planned for by itself, and a bundle of the runtime has nothing of it.
   */
  readonly deployment?: Routing;
  /** Learns from answers, where there is `loadSequel` as well. */
  readonly learning?: Learning;
  /**
   * Loads what follows from answers: `() => import('@terrace/core/deltas')`, or that module from a file of its own.
   * Called where somebody learns or a sub-domain has deltas of its own; without it every answer is final.
   */
  readonly loadSequel?: () => Promise<SequelModule>;
  /** How requests share runs, and how many may wait. */
  readonly limits?: Partial<SchedulerLimits>;
  /** Told when something failed that no request can report, such as a full disk under the ledger. */
  readonly onFailure?: (error: unknown) => void;
}

/** What lives as long as the runtime and is shared by all requests. */
export interface Stages {
  readonly loader: Loader;
  readonly planner: Planner;
  readonly recorder: Recorder;
  readonly scheduler: Scheduler;
  readonly remotes: LazyRemotes;
  /** Whether the catalog has an endpoint that can be asked. */
  readonly canAskAny: () => boolean;
  readonly failing: FailingProviders;
  /** None where nothing is tested: then nothing is known of providers but what was predicted. */
  readonly races: Races | undefined;
  readonly readsScript: ScriptReader;
}

const IDLE_UNLOAD_MS = 15 * 60_000;

export function createStages(ports: RuntimePorts): Stages {
  const {
    clock,
    ledger,
    engine,
    store,
    selfTest,
    loadRaces,
    idleUnloadMs = IDLE_UNLOAD_MS,
    limits,
    budget,
    onFailure = () => undefined,
  } = ports;
  const recorder = createRecorder({ ledger, clock, onFailure });
  const failing = createFailingProviders({ clock, onDemoted: () => planner.review() });
  const loader: Loader = createLoader({
    engine,
    store,
    onLoad: (event) => recorder.add(loadEntry(event, clock.wallMs())),
    onLost: failing.lost,
    inspect: selfTest && ((loaded) => selfTest.inspect(loaded, engine)),
    memory: { clock, idleUnloadMs, ceilingBytes: () => planner.usableBytes() },
  });
  const { remotes, catalog, canAsk } = reach(ports);
  const planner: Planner = createPlanner({
    ...ports,
    catalog,
    failing,
    canAsk,
    isAway: (endpoint) => !remotes.isUp(endpoint) || budget?.isSpentFor(endpoint) === true,
    loadedBytes: loader.loadedBytes,
    onFailure,
  });
  const scheduler = createScheduler({
    loader,
    clock,
    workers: () => workerCount({ usableCores: planner.usableCores(), callerLoad: engine.callerLoad() }),
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  const shared = { loader, planner, recorder, scheduler, remotes };
  const races =
    selfTest && loadRaces && createLazyRaces({ ...ports, ...shared, selfTest, catalog, onFailure, load: loadRaces });
  const canAskAny = (): boolean => catalog.current().endpoints?.some(canAsk) === true;
  return { ...shared, canAskAny, failing, races, readsScript: createScriptReader() };
}

/** After this nothing runs, and what was recorded is durable. */
export async function closeStages({ remotes, races, scheduler, loader, recorder }: Stages): Promise<void> {
  remotes.close();
  const racesOver = races?.close();
  await scheduler.close();
  await loader.close();
  await racesOver;
  await recorder.close();
}

/** What this host can ask beside its own models, and how. */
function reach(ports: RuntimePorts) {
  const { catalog, fetch, endpoints = [], loadRemote, clock } = ports;
  const own = endpoints.map(({ endpoint }) => endpoint);
  const ownIds = new Set(own.map(({ id }) => id));
  const canAsk = ({ id, protocol }: Endpoint): boolean =>
    loadRemote !== undefined && (protocol === 'ai-sdk' ? ownIds.has(id) : fetch !== undefined);
  const open = async (): Promise<Remotes> => {
    if (!loadRemote) throw new Error('the runtime was given no `loadRemote`');
    return (await loadRemote()).openRemotes(ports);
  };
  return { remotes: createLazyRemotes({ open, clock }), canAsk, catalog: withEndpoints(catalog, own) };
}
