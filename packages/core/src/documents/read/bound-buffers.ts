import { unreadable } from './unreadable.js';

/** Of one stream of a document, inflated. */
const MOST_BYTES = 32 * 1024 * 1024;

/** What of a thread is bounded. */
interface Scope {
  Uint8Array: Uint8ArrayConstructor;
  DecompressionStream: new (...format: never[]) => Inflating;
}

interface Inflating {
  readonly readable: AsyncIterable<Uint8Array>;
  readonly writable: unknown;
}

/**
 * Lets this thread inflate nothing to more bytes from here on, nor make an array of more. PDF.js takes a stream in as a
 * whole, whatever becomes of it, and has no bound of its own: a kilobyte may be a gigabyte before anybody who looks on
 * sees it. For a thread that reads one document and ends.
 * @returns what fails, as an unreadable document does, once there was more; nothing comes of it otherwise
 */
export function boundBuffers(scope: Scope = globalThis as unknown as Scope): Promise<never> {
  return new Promise((_, reject) => {
    const check = (bytes: unknown): void => {
      if (typeof bytes !== 'number' || bytes <= MOST_BYTES) return;
      const failure = unreadable('too-much-memory');
      reject(failure);
      throw failure;
    };
    scope.Uint8Array = new Proxy(scope.Uint8Array, {
      construct(target, args: unknown[], newTarget) {
        check(args[0]);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
    scope.DecompressionStream = new Proxy(scope.DecompressionStream, {
      construct(target, args: never[]) {
        const { readable, writable } = new target(...args);
        return { readable: counted(readable, check), writable };
      },
    });
  });
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  check: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    check(bytes);
    yield chunk;
  }
}
