import { expect, it } from 'vitest';
import { runEach } from './run-each.js';

it('keeps the order of the items, whoever is done first', async () => {
  const waiting: (() => void)[] = [];
  const all = runEach([1, 2, 3], 3, async (item) => {
    await new Promise<void>((resolve) => void waiting.push(resolve));
    return item * 2;
  });
  for (const go of waiting.toReversed()) go();
  expect(await all).toEqual([2, 4, 6]);
});

it('does no more at a time than it may', async () => {
  let now = 0;
  let most = 0;
  await runEach(Array.from({ length: 50 }), 4, async () => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now--;
  });
  expect(most).toBe(4);
});

it('begins nothing after a failure, waits for what has begun, and throws the earliest', async () => {
  const begun: number[] = [];
  let ended = 0;
  const all = runEach([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('the second');
    await new Promise(setImmediate);
    ended++;
    throw new Error('the first');
  });
  await expect(all).rejects.toThrow('the first');
  expect(begun).toEqual([0, 1]);
  expect(ended).toBe(1);
});

it('has nothing to do for nobody', async () => {
  expect(await runEach([], 8, () => Promise.reject(new Error('never')))).toEqual([]);
});
