import { createMemoryResponseCache } from '@terrace/core/cache';
import { describeResponseCacheContract, exampleAnswer } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { orInMemory } from './or-in-memory.js';

const failing = (name: string) => {
  const fail = async (): Promise<never> => {
    throw Object.assign(new Error('no'), { name });
  };
  return {
    ...createMemoryResponseCache(),
    get: fail,
    put: fail,
    stats: fail,
    secret: fail,
    compare: fail,
    groups: fail,
  };
};
const openAll = (bounds = {}) => {
  const memory = createMemoryResponseCache(bounds);
  const all = { get: 1, put: 1, touch: 1, forget: 1, compare: 1, compared: 1, groups: 1, note: 1, keepNote: 1 };
  const refused = Object.fromEntries(Object.keys(all).map((method) => [method, failing('REFUSED').get]));
  return orInMemory({ ...failing('REFUSED'), ...refused }, () => memory);
};

describeResponseCacheContract('memory, where nothing may be stored,', async (bounds) => ({ store: openAll(bounds) }));

it('says once that nothing may be stored, and fails as before for any other reason', async () => {
  const causes: unknown[] = [];
  const open = (name: string) =>
    orInMemory(failing(name), (cause) => {
      causes.push(cause);
      return createMemoryResponseCache();
    });
  const refused = open('REFUSED');
  await refused.put([exampleAnswer('a')]);
  expect(await refused.get('a')).toMatchObject({ key: 'a' });
  expect(causes).toHaveLength(1);
  await expect(open('QuotaExceededError').put([exampleAnswer('a')])).rejects.toThrow('no');
  expect(causes).toHaveLength(1);
});
