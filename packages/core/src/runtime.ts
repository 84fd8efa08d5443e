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
        if (next.kind === 'stop') return yield* run.finish(judgement, next, evidence, stream);
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
