import type { CatalogSource } from '../ports/catalog-source.js';
import type { Clock } from '../ports/clock.js';
import type { DeviceProbe } from '../ports/device-probe.js';
import type { Ledger } from '../ports/ledger.js';
import type { ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { Random } from '../ports/random.js';
import { createScriptReader, type ScriptReader } from '../judge/language.js';
import { createLoader, type Loader } from '../load/loader.js';
import type { SelfTest } from '../load/self-test.js';
import { trustedSessions } from '../load/trusted-sessions.js';
import { createScheduler, DEFAULT_LIMITS, type Scheduler, type SchedulerLimits } from '../run/scheduler.js';
import { workerCount } from '../run/worker-count.js';
import { createPlanner, type Planner } from './planner.js';
import { createRecorder, type Recorder } from './recorder.js';
import { loadEntry } from './records.js';

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
  const planner: Planner = createPlanner({ ...ports, loadedBytes: loader.loadedBytes, onFailure });
  const scheduler = createScheduler({
    loader,
    clock,
    workers: () => workerCount({ usableCores: planner.usableCores(), callerLoad: engine.callerLoad() }),
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  return { loader, planner, recorder, scheduler, readsScript: createScriptReader() };
}
