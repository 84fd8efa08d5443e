import type { Endpoint } from '../catalog/endpoint.js';
import type { Budget } from '../ports/budget.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { Clock } from '../ports/clock.js';
import type { DeviceProbe } from '../ports/device-probe.js';
import type { EndpointKeys } from '../ports/endpoint-keys.js';
import type { Fetch } from '../ports/fetch.js';
import type { Ledger } from '../ports/ledger.js';
import type { ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { Queue } from '../ports/queue.js';
import type { Random } from '../ports/random.js';
import { createRedactor, type OwnPattern, type Redactor } from '../redact/redact.js';
import { createAiSdkClient } from '../remote/ai-sdk-client.js';
import { toEndpoint, withEndpoints, type CodeEndpoint } from '../remote/code-endpoint.js';
import { createEndpointClient } from '../remote/create-client.js';
import { createForwarder } from '../remote/forward.js';
import { createRemotes, mustRedact, type Remotes } from '../remote/remotes.js';
import { createScriptReader, type ScriptReader } from '../judge/language.js';
import { createLoader, type Loader } from '../load/loader.js';
import type { SelfTest } from '../load/self-test.js';
import { trustedSessions } from '../load/trusted-sessions.js';
import { createScheduler, DEFAULT_LIMITS, type Scheduler, type SchedulerLimits } from '../run/scheduler.js';
import { workerCount } from '../run/worker-count.js';
import { createPlanner, type Planner } from './planner.js';
import { createRecorder, type Recorder } from './recorder.js';
import { loadEntry } from './records.js';

/** What a runtime is made of: the host behind narrow interfaces, and what the application decides. */
export interface RuntimePorts {
  readonly catalog: CatalogSource;
  readonly probe: DeviceProbe;
  readonly store: ModelStore;
  readonly engine: ModelEngine;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  /** Lets only those answer that answer rightly; without it whatever loads is believed. */
  readonly selfTest?: SelfTest;
  /** Most memory models may take, where the user sets a limit. */
  readonly memoryCeilingBytes?: number;
  /** A model that nobody used for so long is unloaded; a quarter of an hour by default. */
  readonly idleUnloadMs?: number;
  /** The network; without it no tier of another machine is used. */
  readonly fetch?: Fetch;
  /** Keys of endpoints, by the host they are for. */
  readonly keys?: EndpointKeys;
  /** Models in the application's own code that are tiers like any other. */
  readonly endpoints?: readonly CodeEndpoint[];
  /** What must not leave the device beside e-mail addresses, phone numbers, cards and accounts. */
  readonly redaction?: readonly OwnPattern[];
  /** Asks an endpoint a second time when its answer is late, for at most 8 % of calls; on by default. */
  readonly hedging?: boolean;
  /** Requests that wait for the network; without it none can. */
  readonly queue?: Queue;
  /** Whether requests that wait are answered in the background; a command that ends soon leaves them to others. */
  readonly reconcile?: boolean;
  /** What is left to spend; no limit without it. */
  readonly budget?: Budget;
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
  readonly remotes: Remotes;
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
    idleUnloadMs = IDLE_UNLOAD_MS,
    limits,
    budget,
    onFailure = () => undefined,
  } = ports;
  const recorder = createRecorder({ ledger, clock, onFailure });
  const loader: Loader = createLoader({
    engine,
    store,
    onLoad: (event) => recorder.add(loadEntry(event, clock.wallMs())),
    inspect: selfTest && trustedSessions({ selfTest, engine, store }),
    memory: { clock, idleUnloadMs, ceilingBytes: () => planner.usableBytes() },
  });
  const { remotes, catalog, canAsk } = reach(ports);
  const planner: Planner = createPlanner({
    ...ports,
    catalog,
    canAsk,
    isAway: (endpoint) => !remotes.isUp(endpoint) || budget?.whySpent(endpoint.id) !== undefined,
    loadedBytes: loader.loadedBytes,
    onFailure,
  });
  const scheduler = createScheduler({
    loader,
    clock,
    workers: () => workerCount({ usableCores: planner.usableCores(), callerLoad: engine.callerLoad() }),
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  return { loader, planner, recorder, scheduler, remotes, readsScript: createScriptReader() };
}

/** After this nothing runs, and what was recorded is durable. */
export async function closeStages({ remotes, scheduler, loader, recorder }: Stages): Promise<void> {
  remotes.close();
  await scheduler.close();
  await loader.close();
  await recorder.close();
}

/** What this host can ask beside its own models, and how. */
function reach({
  catalog,
  fetch,
  keys = () => undefined,
  endpoints = [],
  redaction,
  hedging = true,
  clock,
  random,
}: RuntimePorts) {
  const own = endpoints.map(toEndpoint);
  const models = new Map(endpoints.map(({ id, model }) => [id, model]));
  let redactor: Redactor | undefined;
  // Built when something leaves for the first time: most devices never send anything.
  const redacts = (): Redactor => (redactor ??= createRedactor({ patterns: redaction ?? [] }));
  const canAsk = ({ id, protocol }: Endpoint): boolean =>
    protocol === 'ai-sdk' ? models.has(id) : fetch !== undefined;
  const remotes = createRemotes({
    clientOf: (endpoint) =>
      endpoint.protocol === 'ai-sdk'
        ? createAiSdkClient({ model: models.get(endpoint.id)!, id: endpoint.id, clock })
        : createEndpointClient({ endpoint, fetch: fetch!, keys, clock }),
    forwarderOf: (endpoint) =>
      createForwarder(endpoint, { fetch: fetch!, keys, clock, redactor: mustRedact(endpoint) ? redacts() : undefined }),
    redact: (text) => redacts().redact(text),
    hedging,
    clock,
    random,
  });
  return { remotes, canAsk, catalog: withEndpoints(catalog, own) };
}
