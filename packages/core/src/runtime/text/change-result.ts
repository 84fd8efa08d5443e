import type { TextResult } from './text-result.js';
import type { TextStep } from './text-step.js';

/** Steps as they are told, with another result at their end. Who stops listening stops what runs. */
export async function* changeResult(
  steps: AsyncGenerator<TextStep, TextResult>,
  change: (result: TextResult) => TextResult,
): AsyncGenerator<TextStep, TextResult> {
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return change(value);
      yield value.kind === 'result' ? { kind: 'result', result: change(value.result) } : value;
    }
  } finally {
    await steps.return?.(undefined as never);
  }
}
