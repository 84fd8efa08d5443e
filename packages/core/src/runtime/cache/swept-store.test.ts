import { expect, it } from 'vitest';
import { createMemoryResponseCache } from '../../cache/memory-response-cache.js';
import type { ResponseCacheStore } from '../../ports/response-cache.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { describeResponseCacheContract, exampleAnswer } from '../../testing/response-cache-contract.js';
import { withSweep } from './swept-store.js';

describeResponseCacheContract('a store that is swept', async (bounds) => ({
  // Answers of the contract are long over on the wall clock of today.
  store: withSweep(createMemoryResponseCache(bounds), { clock: createFakeClock({ wallMs: 0 }) }),
}));

const HOUR_MS = 3_600_000;

function open(changed: Partial<ResponseCacheStore> = {}) {
  const clock = createFakeClock();
  const failures: unknown[] = [];
  const memory = createMemoryResponseCache();
  const store = withSweep({ ...memory, ...changed }, { clock, onFailure: (error) => failures.push(error) });
  const endsIn = (key: string, ms: number) => exampleAnswer(key, { expiresAtWallMs: clock.wallMs() + ms });
  const there = async (keys: string): Promise<string> => {
    // What goes on in the background takes a few turns.
    await new Promise((resolve) => setTimeout(resolve));
    const found = await Promise.all([...keys].map((key) => memory.get(key)));
    return [...keys].filter((_, i) => found[i]).join('');
  };
  return { clock, failures, memory, store, endsIn, there };
}

it('lets go of what is over behind the first answer that is kept, and each hour from then on', async () => {
  const { clock, memory, store, endsIn, there } = open();
  await memory.put([endsIn('a', 0), endsIn('b', HOUR_MS), endsIn('c', HOUR_MS + 1)]);
  await store.put([]);
  expect(await there('abc')).toBe('abc');
  expect(clock.sleepers()).toBe(0);
  await store.put([endsIn('d', 9 * HOUR_MS)]);
  expect(await there('abcd')).toBe('bcd');
  clock.advance(HOUR_MS - 1);
  await store.put([endsIn('e', 0)]);
  expect(await there('bcde')).toBe('bcde');
  clock.advance(1);
  expect(await there('bcde')).toBe('cd');
  clock.advance(HOUR_MS);
  expect(await there('cd')).toBe('d');
  expect(clock.sleepers()).toBe(1);
});

it('ends with the store', async () => {
  const { clock, store, endsIn, there } = open();
  await store.put([endsIn('a', HOUR_MS)]);
  await there('a');
  await store.close();
  expect(clock.sleepers()).toBe(0);
  clock.advance(HOUR_MS);
  expect(await there('a')).toBe('a');
});

it('ends without a word where the store is closed in the middle of it', async () => {
  let fail: (error: Error) => void = () => undefined;
  const forget = () => new Promise<number>((_, reject) => (fail = reject));
  const close = async () => fail(new Error('it is closed'));
  const { clock, failures, store, endsIn } = open({ forget, close });
  await store.put([endsIn('a', 1)]);
  await store.close();
  expect(failures).toEqual([]);
  expect(clock.sleepers()).toBe(0);
});

it('tells once that it cannot, and tries again', async () => {
  let tries = 0;
  const forget = async () => {
    tries++;
    throw new Error('no such disk');
  };
  const { clock, failures, store, endsIn, there } = open({ forget });
  await store.put([endsIn('a', 1)]);
  await there('');
  clock.advance(HOUR_MS);
  await there('');
  expect(tries).toBe(2);
  expect(failures).toMatchObject([{ message: 'no such disk' }]);
});
