import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createFeatureCache } from './feature-cache.js';

const row = (...values: number[]): Float32Array => Float32Array.from(values);

function openCache(mostBytes?: number) {
  const name = `terrace-test-${crypto.randomUUID()}`;
  onTestFinished(() => void indexedDB.deleteDatabase(name));
  return (): ReturnType<typeof createFeatureCache> =>
    createFeatureCache({ name, clock: systemClock, ...(mostBytes !== undefined && { mostBytes }) });
}

describe('features in a browser', () => {
  it('are there at the next visit, for the model that made them and no other', async () => {
    const open = openCache();
    await open().write('nano', new Map([['a', row(1, 2)]]));
    // Part of a larger buffer is kept as what it is.
    await open().write('nano', new Map([['b', row(9, 3, 4).subarray(1)]]));
    expect(await open().read('nano', ['b', 'c', 'a'])).toEqual([row(3, 4), undefined, row(1, 2)]);
    expect(await open().read('small', ['a'])).toEqual([undefined]);
  });

  it('begin anew when they take too much', async () => {
    const cache = openCache(30)();
    await cache.write('nano', new Map([['a', row(1, 2)]]));
    await cache.write('nano', new Map([['b', row(3, 4)]]));
    await cache.write('nano', new Map([['c', row(5, 6)]]));
    expect(await cache.read('nano', ['a', 'b', 'c'])).toEqual([undefined, undefined, row(5, 6)]);
  });

  it('count what they are known by: many short rows fill a disk as well', async () => {
    const cache = openCache(30)();
    await cache.write('nano', new Map([['a name of twenty-odd', row(1)]]));
    await cache.write('nano', new Map([['b', row(2)]]));
    expect(await cache.read('nano', ['a name of twenty-odd', 'b'])).toEqual([undefined, row(2)]);
  });
});
