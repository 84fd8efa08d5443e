import { escalate } from './escalate/escalate.js';
import { addTestimony, judge, readAgain, type Evidence } from './judge/judge.js';
import { parseRequest, type RequestInput } from './request/parse-request.js';
import { createInOrder } from './run/in-order.js';
import { fold } from './runtime/fold.js';
import { forward } from './runtime/forward.js';
import { createLazyQueued } from './runtime/lazy-queued.js';
import { planFor, prepare } from './runtime/prepare.js';
import { RequestRun } from './runtime/request-run.js';
import type { Result } from './runtime/result.js';
import { createWorkshop } from './runtime/workshop.js';
import type { RunOptions } from './runtime/run-options.js';
import type { Runtime } from './runtime/runtime-interface.js';
import type { Step } from './runtime/step.js';
import { closeStages, createStages, type RuntimePorts } from './runtime/stages.js';

/** Puts the stages together: request -> profile -> recommend -> load -> run -> judge -> escalate -> result. */
export function createRuntime(ports: RuntimePorts): Runtime {
  const stages = createStages(ports);
  const ordered = createInOrder();

  /** @param listens whether somebody reads the steps */
  async function* answer(
    input: RequestInput,
    { signal, queuedId, key, partOf }: RunOptions,
    listens: boolean,
  ): AsyncGenerator<Step, Result> {
    const request = parseRequest(input);
    const run = new RequestRun({ input, request, ports, stages, signal, listens, queuedId, key, partOf });
    try {
      let plan = await run.plan();
      let evidence: Evidence | undefined;
      for (let rung = await run.first(plan); ;) {
        if (!evidence) run.beginAhead(rung);
        for (const step of run.trace.unread()) yield step;
        const testimony = await run.ask(rung, evidence);
        if (run.broke()) {
          plan = await run.plan();
          evidence = readAgain(evidence, plan.calibration);
        }
        if (testimony) evidence = addTestimony(evidence, testimony, plan.calibration);
        if (!evidence) {
          rung = await run.first(plan);
          continue;
        }
        const judgement = judge(evidence, run.demand(plan, evidence));
        const next = escalate({ judgement, evidence, ...run.situation(plan) });
        run.report(judgement, next, evidence);
        if (next.kind === 'climb') {
          rung = next.rung;
          continue;
        }
        const first = await run.finish(judgement, next, evidence);
        for (const step of run.trace.unread()) yield step;
        const sequel = run.sequel(first, evidence, (narrower, options) =>
          stream(narrower, { ...options, key, partOf: partOf ?? first.requestId }),
        );
        const result = sequel ? yield* sequel : first;
        if (listens) yield { kind: 'result', result };
        return result;
      }
    } catch (error) {
      run.fail(error);
      for (const step of run.trace.unread()) yield step;
      throw error;
    } finally {
      run.leave();
    }
  }

  const stream = (input: RequestInput, options: RunOptions = {}) => answer(input, options, true);
  const run = (input: RequestInput, options: RunOptions = {}): Promise<Result> => fold(answer(input, options, false));
  const queued = createLazyQueued({ ports, ...stages, run });

  return {
    // What was asked decides what comes out: nothing in between knows the task as a type.
    stream: stream as Runtime['stream'],
    run: ((input: RequestInput, options?: RunOptions & { readonly inOrder?: string | undefined }) =>
      ordered(options?.inOrder, () => run(input, options))) as Runtime['run'],
    recommend: (input, { signal } = {}) => planFor(input, stages.planner, signal),
    prepare: (input, options = {}) => prepare({ input, options, store: ports.store, stages }),
    forward: (job) => forward({ job, ports, stages }),
    remotes: stages.remotes,
    queued,
    workshop: createWorkshop(stages),
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
