const DONE: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/** A body for one reader, as fast as it reads; when it is left before its end, its connection is closed. */
export function createReplyBody(
  stream: ReadableStream<Uint8Array> | null,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const read = (): ReadableStreamDefaultReader<Uint8Array> | undefined => (reader ??= stream?.getReader());
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      try {
        const next = await read()?.read();
        return next?.done === false ? next : DONE;
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
    async return() {
      // A stream that has failed already says so again.
      await read()
        ?.cancel()
        .catch(() => undefined);
      return DONE;
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
