import type { Result, Step } from '@terrace/core';

/**
 * The steps of a request as they are asked for, and the result last. Whoever stops asking ends the call.
 * @param call makes the request and tells its steps
 */
export async function* readSteps(
  call: (onStep: (step: Step) => void, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Step, Result> {
  // Of a signal that has aborted no event comes any more.
  signal?.throwIfAborted();
  const over = new AbortController();
  const end = (): void => over.abort(signal?.reason);
  signal?.addEventListener('abort', end, { once: true });
  const steps: Step[] = [];
  let wake = (): void => undefined;
  let failure: { readonly error: unknown } | undefined;
  const onStep = (step: Step): void => {
    steps.push(step);
    wake();
  };
  call(onStep, over.signal).catch((error: unknown) => {
    failure = { error };
    wake();
  });
  try {
    for (;;) {
      const step = steps.shift();
      if (step) yield step;
      if (step?.kind === 'result') return step.result;
      if (step) continue;
      if (failure) throw failure.error;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', end);
    over.abort(new Error('nobody reads the steps any more'));
  }
}
