import type { Result, Step } from '@terrace/core';

/**
 * The steps that arrive at a port, as they are asked for, and the result last. Whoever stops asking ends the call.
 * @param call sends the other port to the worker and resolves with the result
 */
export async function* readSteps(
  call: (steps: MessagePort, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Step, Result> {
  // Of a signal that has aborted no event comes any more.
  signal?.throwIfAborted();
  const { port1, port2 } = new MessageChannel();
  const over = new AbortController();
  const end = (): void => over.abort(signal?.reason);
  signal?.addEventListener('abort', end, { once: true });
  const steps: Step[] = [];
  let wake = (): void => undefined;
  let failure: { readonly error: unknown } | undefined;
  port1.addEventListener('message', ({ data }: MessageEvent<Step>) => {
    steps.push(data);
    wake();
  });
  port1.start();
  call(port2, over.signal).catch((error: unknown) => {
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
    port1.close();
  }
}
