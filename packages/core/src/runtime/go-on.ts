import type { Evidence } from '../judge/judge.js';
import type { Request, RequestInput } from '../request/parse-request.js';
import type { Plan } from './planner.js';
import type { Result } from './result.js';
import type { RunOptions } from './run-options.js';
import type { RuntimePorts } from './stages.js';
import type { Step } from './step.js';
import type { TraceEntry } from './trace.js';

/** Answers a request that another one has led to. */
export type AnswerAgain = (input: RequestInput, options?: RunOptions) => AsyncGenerator<Step, Result>;

/** An answer, and what is at hand for what follows from it. */
export interface Answered {
  readonly ports: Pick<RuntimePorts, 'learning' | 'loadSequel' | 'onFailure' | 'clock'>;
  readonly outer: Result;
  readonly request: Request;
  readonly plan: Plan;
  readonly evidence: Evidence;
  readonly leftMs: number;
  readonly signal: AbortSignal | undefined;
  /** Answers the request in another domain. */
  readonly stream: AnswerAgain;
  readonly note: (entry: TraceEntry) => Step;
}

/** What follows from answers. */
export interface SequelModule {
  sequel(answered: Answered): AsyncGenerator<Step, Result>;
}

/** What follows from an answer, where somebody learns or a sub-domain has deltas of its own. */
export function goOn(answered: Answered): AsyncGenerator<Step, Result> | undefined {
  const { loadSequel, learning } = answered.ports;
  const isWanted = loadSequel && (learning || answered.plan.narrower.length > 0);
  return isWanted ? begin(loadSequel, answered) : undefined;
}

/** The answer itself, where what follows from it cannot be loaded. */
async function* begin(loadSequel: () => Promise<SequelModule>, answered: Answered): AsyncGenerator<Step, Result> {
  const module = await loadSequel().catch((error: unknown) => void answered.ports.onFailure?.(error));
  return module ? yield* module.sequel(answered) : answered.outer;
}
