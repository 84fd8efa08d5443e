import { createInOrder } from '../../run/in-order.js';
import type { RunOptions } from '../run-options.js';
import type { Runtime } from '../runtime-interface.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import type { TextResult } from './text-result.js';
import type { TextRunOptions, TextRuntime } from './text-runtime.js';

/** What a runtime with text answers more than one without. */
export interface TextFace {
  readonly stream: TextRuntime['stream'];
  /** Those that give the same `inOrder` resolve in the order they were asked, labels and texts alike. */
  readonly run: (
    input: TextRequestInput,
    options?: TextRunOptions & { readonly inOrder?: string | undefined },
  ) => Promise<TextResult>;
  readonly recommend: TextRuntime['recommend'];
  readonly prepare: TextRuntime['prepare'];
  /** Of a text request. */
  readonly count: TextRuntime['count'];
}

const isText = (input: unknown): boolean =>
  typeof input === 'object' && input !== null && (input as { task?: unknown }).task === 'text-generation';

/**
 * One runtime for both: requests for text go to what generates, all others to the runtime as it is. A bundle of the
 * runtime alone has nothing of it.
 */
export function withText<R extends Runtime>(runtime: R, text: TextRuntime): R & TextFace {
  const pick =
    (name: Exclude<keyof TextFace, 'count'>) =>
    (input: never, options: never): unknown =>
      ((isText(input) ? text : runtime)[name] as (input: never, options: never) => unknown)(input, options);
  const runEither = pick('run') as (input: unknown, options: unknown) => Promise<unknown>;
  const ordered = createInOrder();
  return {
    ...runtime,
    stream: pick('stream'),
    // One order for both: answers of either kind in one stream wait for each other.
    run: (input: unknown, { inOrder, ...options }: RunOptions & { readonly inOrder?: string } = {}) =>
      ordered(inOrder, () => runEither(input, options)),
    recommend: pick('recommend'),
    prepare: pick('prepare'),
    count: text.count,
    remotes: {
      ...runtime.remotes,
      // Each asks endpoints by itself; what either knows of one is true of it.
      state(tier) {
        const state = text.remotes.state(tier);
        return state.kind === 'up' ? runtime.remotes.state(tier) : state;
      },
    },
    lookAgain() {
      text.lookAgain();
      runtime.lookAgain();
    },
    waiting: () => runtime.waiting() + text.waiting(),
    async flush() {
      await Promise.all([text.flush(), runtime.flush()]);
    },
    async close() {
      await text.close().finally(() => runtime.close());
    },
  } as R & TextFace;
}
