import { expect, it } from 'vitest';
import { retryWhenBusy } from './retry-when-busy.js';

const busy = (): Error => Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
/** A clock on which every look takes a second and no wait takes time. */
const slowClock = () => {
  let nowMs = 0;
  return { nowMs: () => (nowMs += 1000), sleep: async () => {} };
};

it('repeats the operation until the other process lets go', async () => {
  let attempts = 0;
  const operation = async (): Promise<number> => {
    attempts += 1;
    if (attempts < 4) throw busy();
    return attempts;
  };
  expect(await retryWhenBusy({ operation, clock: slowClock() })).toBe(4);
});

it('gives up at the limit with the error of the last attempt', async () => {
  let attempts = 0;
  const operation = async (): Promise<never> => {
    attempts += 1;
    throw busy();
  };
  await expect(retryWhenBusy({ operation, clock: slowClock(), limitMs: 3000 })).rejects.toThrow('locked');
  expect(attempts).toBe(3);
});

it('does not repeat an operation that failed for another reason', async () => {
  let attempts = 0;
  const operation = async (): Promise<never> => {
    attempts += 1;
    throw Object.assign(new Error('disk is full'), { code: 'SQLITE_FULL' });
  };
  await expect(retryWhenBusy({ operation, clock: slowClock() })).rejects.toThrow('full');
  expect(attempts).toBe(1);
});
