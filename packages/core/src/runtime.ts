import type { CatalogSource } from './ports/catalog-source.js';
import type { Clock } from './ports/clock.js';
import type { DeviceProbe } from './ports/device-probe.js';
import type { Ledger } from './ports/ledger.js';
import type { ModelEngine } from './ports/model-engine.js';
import type { ModelStore } from './ports/model-store.js';
import type { Random } from './ports/random.js';
import { escalate } from './escalate/escalate.js';
import { addTestimony, judge, readAgain, type Evidence } from './judge/judge.js';
import { createScriptReader } from './judge/language.js';
import { createLoader } from './load/loader.js';
import { parseRequest, type RequestInput } from './request/parse-request.js';
import { createPlanner } from './runtime/planner.js';
import { createRecorder } from './runtime/recorder.js';
import { loadEntry } from './runtime/records.js';
import { startRequest, type Step } from './runtime/request-run.js';
import type { Result } from './runtime/result.js';

export interface RuntimePorts {
  readonly catalog: CatalogSource;
  readonly probe: DeviceProbe;
  readonly store: ModelStore;
  readonly engine: ModelEngine;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  /** Most memory models may take, where the user sets a limit. */
  readonly memoryCeilingBytes?: number;
  /** Told when something failed that no request can report, such as a full disk under the ledger. */
  readonly onFailure?: (error: unknown) => void;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
}

export interface Runtime {
  /** Yields every step, every partial answer and, last, the result. */
  stream(input: RequestInput, options?: RunOptions): AsyncGenerator<Step, Result>;
  /** The same, folded to the result. */
  run(input: RequestInput, options?: RunOptions): Promise<Result>;
  /** Resolves when all records so far are durable. @throws StorageError */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Puts the stages together: request -> profile -> recommend -> load -> run -> judge -> escalate -> result. */
export function createRuntime(ports: RuntimePorts): Runtime {
  const { clock, ledger, engine, store, onFailure = () => undefined } = ports;
  const recorder = createRecorder({ ledger, clock, onFailure });
  const loader = createLoader({ engine, store, onLoad: (event) => recorder.add(loadEntry(event, clock.wallMs())) });
  const planner = createPlanner({ ...ports, loadedBytes: loader.loadedBytes, onFailure });

  const readsScript = createScriptReader();

  async function* stream(input: RequestInput, { signal }: RunOptions = {}): AsyncGenerator<Step, Result> {
    const request = parseRequest(input);
    const run = startRequest({ request, ports, loader, planner, recorder, readsScript, signal });
    let plan = yield* run.plan();
    let evidence: Evidence | undefined;
    for (let rung = run.first(plan); ;) {
      const testimony = yield* run.ask(rung, evidence);
      if (run.broke()) {
        plan = yield* run.plan();
        evidence = readAgain(evidence, plan.calibration);
      }
      if (testimony) evidence = addTestimony(evidence, testimony, plan.calibration);
      if (!evidence) {
        rung = run.first(plan);
        continue;
      }
      const judgement = judge(evidence, run.demand(plan, evidence));
      const next = escalate({ judgement, evidence, ...run.situation(plan) });
      yield* run.report(judgement, next, evidence);
      if (next.kind === 'stop') return yield* run.finish(judgement, next, evidence);
      rung = next.rung;
    }
  }

  return {
    stream,
    async run(input, options) {
      const steps = stream(input, options);
      for (;;) {
        const { done, value } = await steps.next();
        if (done) return value;
      }
    },
    flush: () => recorder.flush(),
    async close() {
      await recorder.flush().catch(onFailure);
      await loader.close();
      await ledger.close();
    },
  };
}
