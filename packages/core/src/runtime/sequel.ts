import { narrow, narrowerOf } from './narrow.js';
import type { Answered } from './go-on.js';
import type { Result } from './result.js';
import type { Step } from './step.js';
import { teach } from './teach.js';

/** Tells who learns what was answered, and goes on in the domain of the sub-domain that the answer falls into. */
export async function* sequel(answered: Answered): AsyncGenerator<Step, Result> {
  teach(answered);
  const to = narrowerOf(answered);
  return to === undefined ? answered.outer : yield* narrow(answered, to);
}
