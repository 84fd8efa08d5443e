import type { Dispatcher } from 'undici';

/** What may have arrived and not been read before the server is told to wait. */
const HIGH_WATER_BYTES = 256 * 1024;
/** How much of a body that was left is worth reading, so that its connection can be used again, and for how long. */
const LEFTOVER_BYTES = 64 * 1024;
const LEFTOVER_MS = 500;

export interface ReplyBody {
  readonly body: AsyncIterable<Uint8Array>;
  /** The request is on its way. */
  begin(controller: Dispatcher.DispatchController): void;
  /** How long the body says it is; NaN where it does not. */
  expect(bytes: number): void;
  push(chunk: Uint8Array): void;
  end(): void;
  fail(error: Error): void;
  /** Closes the connection; whoever reads gets the reason. */
  abort(reason: Error): void;
}

type Next = IteratorResult<Uint8Array, undefined>;
const DONE: Next = { done: true, value: undefined };

/** Hands chunks from a connection to one reader, as fast as it reads. */
export function createReplyBody(connection: { destroy(reason: Error): void }): ReplyBody {
  const chunks: Uint8Array[] = [];
  let held = 0;
  let expected = NaN;
  let arrived = 0;
  let controller: Dispatcher.DispatchController | undefined;
  let state: 'open' | 'left' | 'ended' | { readonly error: Error } = 'open';
  let reader: { resolve: (next: Next) => void; reject: (error: Error) => void } | undefined;

  const take = (): Next | undefined => {
    const value = chunks.shift();
    if (value === undefined) return undefined;
    held -= value.length;
    if (controller?.paused === true && held < HIGH_WATER_BYTES) controller.resume();
    return { done: false, value };
  };

  function leave(): void {
    if (state !== 'open') return;
    state = 'left';
    chunks.length = 0;
    const rest = expected - arrived;
    if (!(rest <= LEFTOVER_BYTES)) return connection.destroy(new Error('the rest of the body is not wanted'));
    controller?.resume();
    const timer = setTimeout(() => {
      if (state === 'left') connection.destroy(new Error('the rest of the body did not come'));
    }, LEFTOVER_MS);
    timer.unref();
  }

  const iterator: AsyncIterator<Uint8Array, undefined> = {
    next() {
      const taken = take();
      if (taken) return Promise.resolve(taken);
      if (typeof state === 'object') return Promise.reject(state.error);
      if (state !== 'open') return Promise.resolve(DONE);
      return new Promise((resolve, reject) => (reader = { resolve, reject }));
    },
    return() {
      leave();
      return Promise.resolve(DONE);
    },
  };

  const finish = (outcome: 'ended' | { readonly error: Error }): void => {
    if (state !== 'open' && state !== 'left') return;
    state = state === 'left' ? 'ended' : outcome;
    const waiting = reader;
    reader = undefined;
    if (typeof state === 'object') waiting?.reject(state.error);
    else waiting?.resolve(DONE);
  };

  return {
    body: { [Symbol.asyncIterator]: () => iterator },
    begin: (begun) => (controller = begun),
    expect: (bytes) => (expected = bytes),
    push(chunk) {
      arrived += chunk.length;
      if (state === 'left') return;
      if (reader) {
        const waiting = reader;
        reader = undefined;
        return waiting.resolve({ done: false, value: chunk });
      }
      chunks.push(chunk);
      held += chunk.length;
      if (held >= HIGH_WATER_BYTES) controller?.pause();
    },
    end: () => finish('ended'),
    fail: (error) => finish({ error }),
    abort(reason) {
      // What has arrived is not handed out any more: whoever gave up wants the reason.
      chunks.length = 0;
      finish({ error: reason });
      connection.destroy(new Error('the request was given up'));
    },
  };
}
