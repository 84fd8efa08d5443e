import { expect, it } from 'vitest';
import { watchPeakMemory } from './peak-memory.js';

const MIB = 2 ** 20;

it('sees memory that was taken and is still held', async () => {
  const peak = await watchPeakMemory();
  const held = Buffer.alloc(64 * MIB, 1);
  const risen = await peak();
  expect(held[0]).toBe(1);
  expect(risen).toBeGreaterThan(48 * MIB);
});

it('is never negative', async () => {
  const peak = await watchPeakMemory();
  expect(await peak()).toBeGreaterThanOrEqual(0);
});

it.runIf(process.platform === 'linux')('does not count what rose before it began to watch', async () => {
  // Above 32 MiB the allocator maps memory of its own and gives it back at once.
  let before: Buffer | undefined = Buffer.alloc(256 * MIB, 1);
  expect(before[0]).toBe(1);
  before = undefined;
  const peak = await watchPeakMemory();
  expect(await peak()).toBeLessThan(128 * MIB);
});
