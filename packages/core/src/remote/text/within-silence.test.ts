import { expect, it } from 'vitest';
import { EndpointUnreachableError } from '../../errors/endpoint-unreachable-error.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { withinSilence } from './within-silence.js';

it('gives a stream up when nothing comes for too long, and not before', async () => {
  const clock = createFakeClock();
  let isLeft = false;
  const next = [Promise.resolve('a'), Promise.resolve('b'), new Promise<never>(() => undefined)];
  const stream = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: await next.shift()! }),
      return: async () => ({ done: true as const, value: ((isLeft = true), undefined) }),
    }),
  };
  const heard = withinSilence(stream, { endpointId: 'e', silenceMs: 100, clock });
  expect((await heard.next()).value).toBe('a');
  clock.advance(1000);
  expect((await heard.next()).value).toBe('b');
  const failed = heard.next().catch((error: unknown) => error);
  clock.advance(100);
  expect(await failed).toBeInstanceOf(EndpointUnreachableError);
  expect(isLeft).toBe(true);
});
