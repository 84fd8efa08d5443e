import type { Clock } from '../../ports/clock.js';
import { unreachable } from '../exchange-failure.js';

/**
 * A stream that is given up when nothing comes for too long.
 * @throws EndpointUnreachableError
 */
export async function* withinSilence<T>(
  stream: AsyncIterable<T>,
  { endpointId, silenceMs, clock }: { readonly endpointId: string; readonly silenceMs: number; readonly clock: Clock },
): AsyncGenerator<T, void> {
  const values = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const over = new AbortController();
      const silence = clock.sleep(silenceMs, over.signal).then(() => 'silence' as const);
      try {
        const next = await Promise.race([values.next(), silence]);
        if (next === 'silence') throw unreachable(endpointId, new Error('nothing came any more'), undefined);
        if (next.done) return;
        yield next.value;
      } finally {
        over.abort();
      }
    }
  } finally {
    values.return?.().catch(() => undefined);
  }
}
