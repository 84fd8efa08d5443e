import { escalate } from './escalate/escalate.js';
import { addTestimony, judge, readAgain, type Evidence } from './judge/judge.js';
import { parseRequest, type RequestInput } from './request/parse-request.js';
import type { Forwarded, ForwardJob } from './remote/forward.js';
import type { Queued } from './remote/reconcile.js';
import type { Remotes } from './remote/remotes.js';
import { createInOrder } from './run/in-order.js';
import type { BoundedRecommendation } from './runtime/bounded-recommendation.js';
import { fold } from './runtime/fold.js';
import { forward } from './runtime/forward.js';
import { createLazyQueued } from './runtime/lazy-queued.js';
import { planFor, prepare } from './runtime/prepare.js';
import { RequestRun, type Step } from './runtime/request-run.js';
import type { Result } from './runtime/result.js';
import type { PrepareOptions, RunOptions } from './runtime/run-options.js';
import { closeStages, createStages, type RuntimePorts } from './runtime/stages.js';

/** Answers requests. Close it to end workers, connections and the ledger. */
export interface Runtime {
  /** Yields every step, every partial answer and, last, the result. */
  stream(input: RequestInput, options?: RunOptions): AsyncGenerator<Step, Result>;
  /** The same, folded to the result. Those that give the same `inOrder` resolve in the order they were asked. */
  run(input: RequestInput, options?: RunOptions & { readonly inOrder?: string | undefined }): Promise<Result>;
  /** What would answer such a request here, how fast, and why not the others; nothing is downloaded. @throws like `run` */
  recommend(input: Omit<RequestInput, 'text'>, options?: RunOptions): Promise<BoundedRecommendation>;
  /** Downloads and loads what would answer such a request here. @throws like `run` */
  prepare(input: Omit<RequestInput, 'text'>, options?: PrepareOptions): Promise<void>;
  /** Passes a chat on to an endpoint of the catalog, but for what must not leave. @throws like an endpoint's client */
  forward(job: ForwardJob): Promise<Forwarded & { readonly requestId: string }>;
  /** How the endpoints of the catalog do, as far as they were asked. */
  readonly remotes: Pick<Remotes, 'state' | 'check'>;
  /** Requests that were put off until a tier can be reached; undefined on a host without a queue. */
  readonly queued: Queued | undefined;
  /** The network is back, or may be: endpoints that were away are asked at once, and what waits for them is answered. */
  lookAgain(): void;
  /** Runs on this device that have not begun. */
  waiting(): number;
  /** Resolves when all records so far are durable. @throws StorageError */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Puts the stages together: request -> profile -> recommend -> load -> run -> judge -> escalate -> result. */
export function createRuntime(ports: RuntimePorts): Runtime {
  const stages = createStages(ports);
  const ordered = createInOrder();

  async function* stream(input: RequestInput, { signal, queuedId }: RunOptions = {}): AsyncGenerator<Step, Result> {
    const request = parseRequest(input);
    const run = new RequestRun({ input, request, ports, stages, signal, queuedId });
    try {
      let plan = yield* run.plan();
      let evidence: Evidence | undefined;
      for (let rung = await run.first(plan); ;) {
        const testimony = yield* run.ask(rung, evidence);
        if (run.broke()) {
          plan = yield* run.plan();
          evidence = readAgain(evidence, plan.calibration);
        }
        if (testimony) evidence = addTestimony(evidence, testimony, plan.calibration);
        if (!evidence) {
          rung = await run.first(plan);
          continue;
        }
        const judgement = judge(evidence, run.demand(plan, evidence));
        const next = escalate({ judgement, evidence, ...run.situation(plan) });
        yield* run.report(judgement, next, evidence);
        if (next.kind === 'stop') return yield* run.finish(judgement, next, evidence);
        rung = next.rung;
      }
    } catch (error) {
      run.fail(error);
      throw error;
    } finally {
      run.leave();
    }
  }

  const run = (input: RequestInput, options?: RunOptions): Promise<Result> => fold(stream(input, options));
  const queued = createLazyQueued({ ports, ...stages, run });

  return {
    stream,
    run: (input, options) => ordered(options?.inOrder, () => run(input, options)),
    recommend: (input, { signal } = {}) => planFor(input, stages.planner, signal),
    prepare: (input, options = {}) => prepare({ input, options, store: ports.store, stages }),
    forward: (job) => forward({ job, ports, stages }),
    remotes: stages.remotes,
    queued,
    lookAgain: () => (stages.remotes.lookAgain(), queued?.lookAgain()),
    waiting: () => stages.scheduler.waiting(),
    flush: () => stages.recorder.flush(),
    async close() {
      await queued?.close();
      await closeStages(stages);
      await ports.ledger.close();
    },
  };
}
