import { createMemoryResponseCache } from '@terrace/core/cache';
import { createFakeClock, exampleAnswer } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { withMemoryFront } from './memory-front.js';

it('keeps at hand what a sweep of what is over spares', async () => {
  const memory = createMemoryResponseCache();
  const read: string[] = [];
  const front = withMemoryFront(
    {
      ...memory,
      page: async () => [],
      replaced: async () => ({ keys: [], seq: 0, isCut: false }),
      get: (key) => {
        read.push(key);
        return memory.get(key);
      },
    },
    { clock: createFakeClock() },
  );
  await front.put([exampleAnswer('over', { expiresAtWallMs: 5 }), exampleAnswer('fresh', { expiresAtWallMs: 6 })]);
  const look = async () => [await front.get('over'), await front.get('fresh')].map((answer) => answer?.key);
  expect(await look()).toEqual(['over', 'fresh']);
  expect(await front.forget({ expiredAtWallMs: 5 })).toBe(1);
  expect(await look()).toEqual([undefined, 'fresh']);
  expect(read).toEqual(['over', 'fresh', 'over']);
});
