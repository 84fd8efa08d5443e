import { createInOrder } from '@terrace/core';

/** What answers requests, whichever kind. */
interface Answering {
  readonly run: (input: never, options?: never) => Promise<unknown>;
  readonly stream: (input: never, options?: never) => AsyncGenerator<unknown, unknown>;
  readonly close: () => Promise<void>;
}

/** A runtime, and its wrapper once that is there. */
interface WhenAsked<R, W> {
  readonly runtime: R;
  readonly opened: () => Promise<W>;
}

/**
 * A wrapper that is loaded when the first request has the field which it understands. Until then, and for whatever is asked
 * without it, the runtime answers by itself.
 */
export function whenAsked<R extends Answering, W extends Answering>(
  runtime: R,
  field: string,
  open: () => Promise<W>,
): WhenAsked<R, W> {
  const ordered = createInOrder();
  let opening: Promise<W> | undefined;
  const opened = (): Promise<W> =>
    (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  const isAsked = (input: unknown): boolean => typeof input === 'object' && input !== null && field in input;

  async function* streamed(input: never, options: never) {
    return yield* (await opened()).stream(input, options);
  }
  return {
    opened,
    runtime: {
      ...runtime,
      // One order for both: one with the field may be loading while one without it is answered.
      run: (input: never, options?: never) =>
        // What is not asked for it waits for nothing.
        ordered((options as { readonly inOrder?: string } | undefined)?.inOrder, () =>
          isAsked(input) ? opened().then((wrapped) => wrapped.run(input, options)) : runtime.run(input, options),
        ),
      stream: (input: never, options: never) =>
        isAsked(input) ? streamed(input, options) : runtime.stream(input, options),
      async close() {
        const wrapped = await opening?.catch(() => undefined);
        await (wrapped ?? runtime).close();
      },
    },
  };
}
