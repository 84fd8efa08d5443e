import { StorageError } from '@terrace/core';
import { describeSelfTestRecordsContract, exampleSelfTestRecord } from '@terrace/core/testing';
import { deleteDB } from 'idb';
import { entries, set, type UseStore } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openKeyValueStore } from './key-value-store.js';
import { createRateRecords } from './rate-records.js';
import { createSelfTestRecords } from './self-test-records.js';

const openRecords = (given: { readonly store: UseStore }) =>
  createSelfTestRecords({ ...given, load: () => import('./keep-self-test.js') });

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;
const openStore = (name = newName()): UseStore => openKeyValueStore({ name, clock: systemClock });

describeSelfTestRecordsContract('the self-tests of a browser', () => {
  const name = newName();
  const reopen = () => openRecords({ store: openStore(name) });
  return { records: reopen(), reopen };
});

const RUBBISH: readonly unknown[] = [
  undefined,
  null,
  'text',
  42,
  [],
  {},
  { ...exampleSelfTestRecord(), variantId: 7 },
  { ...exampleSelfTestRecord(), format: 1.5 },
  { ...exampleSelfTestRecord(), testedAtWallMs: 'yesterday' },
  { ...exampleSelfTestRecord(), runMs: NaN },
  { ...exampleSelfTestRecord(), verdict: { kind: 'passed', basis: 'golden' } },
  { ...exampleSelfTestRecord(), verdict: { kind: 'passed', basis: 'hope', numbers: {} } },
  { ...exampleSelfTestRecord(), verdict: { kind: 'failed', basis: 'golden', numbers: {} } },
  { ...exampleSelfTestRecord(), verdict: { kind: 'passed', basis: 'golden', numbers: { meanCosine: '1' } } },
  { ...exampleSelfTestRecord(), verdict: { kind: 'won', basis: 'golden', numbers: {} } },
];

describe('the self-tests of a browser', () => {
  it('takes damaged records for none, and puts others in their place', async () => {
    const store = openStore();
    await openRecords({ store }).put(exampleSelfTestRecord());
    const [[key] = []] = await entries<string, unknown>(store);
    for (const rubbish of RUBBISH) {
      await set(key!, rubbish, store);
      expect(await openRecords({ store }).list()).toEqual([]);
    }
    await set('another key', exampleSelfTestRecord(), store);
    expect(await openRecords({ store }).list()).toEqual([]);
    await openRecords({ store }).put(exampleSelfTestRecord());
    expect(await openRecords({ store }).list()).toEqual([exampleSelfTestRecord()]);
  });

  it('keeps those that were outrun, with their time', async () => {
    const store = openStore();
    const outrun = exampleSelfTestRecord({ verdict: { kind: 'outrun' }, runMs: 8000 });
    await openRecords({ store }).put(outrun);
    expect(await openRecords({ store }).list()).toEqual([outrun]);
  });

  it('lets the oldest go, and rubbish before them', async () => {
    const store = openStore();
    const records = openRecords({ store });
    await set('rubbish', 'text', store);
    for (let i = 0; i < 258; i++) await records.put(exampleSelfTestRecord({ format: i, testedAtWallMs: 1000 - i }));
    const kept = await openRecords({ store }).list();
    expect(kept.map(({ format }) => format).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 256 }, (_, i) => i),
    );
    expect(await entries(store)).toHaveLength(256);
  });

  it('counts in this page also where it cannot be kept', async () => {
    const refuse: UseStore = () => Promise.reject(new Error('nothing can be stored'));
    const records = openRecords({ store: refuse });
    expect(await records.list()).toEqual([]);
    await expect(records.put(exampleSelfTestRecord())).rejects.toThrow('nothing can be stored');
    expect(await records.list()).toEqual([exampleSelfTestRecord()]);
  });

  it('says nothing of it where the page may store nothing at all: it has been told', async () => {
    const refuse: UseStore = () =>
      Promise.reject(new StorageError({ message: 'refused', hint: 'allow it', facts: { reason: 'REFUSED' } }));
    const records = openRecords({ store: refuse });
    await records.put(exampleSelfTestRecord());
    expect(await records.list()).toEqual([exampleSelfTestRecord()]);
  });

  it('rejects with a StorageError where the browser does', async () => {
    const store = openStore();
    const odd = { ...exampleSelfTestRecord(), cpu: (() => undefined) as unknown as string };
    await expect(openRecords({ store }).put(odd)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('does not keep another tab from deleting them, and goes on', async () => {
    const name = newName();
    const records = openRecords({ store: openStore(name) });
    await records.put(exampleSelfTestRecord());
    await deleteDB(name, { blocked: () => expect.unreachable('the deletion waits for this tab') });
    await records.put(exampleSelfTestRecord({ provider: 'webgpu' }));
    expect(await openRecords({ store: openStore(name) }).list()).toMatchObject([{ provider: 'webgpu' }]);
  });
});

describe('the rates of a browser', () => {
  const rates = { gflops: { fp32: 1 } } as unknown as Parameters<ReturnType<typeof createRateRecords>['write']>[1];

  it('are there at the next visit', async () => {
    const name = newName();
    await createRateRecords({ store: openStore(name) }).write('1 wasm', rates);
    const next = createRateRecords({ store: openStore(name) });
    expect([await next.read('1 wasm'), await next.read('1 webgpu')]).toEqual([rates, undefined]);
  });

  it('do not grow for ever', async () => {
    const store = openStore();
    const records = createRateRecords({ store });
    for (let i = 0; i < 100; i++) await records.write(`${i}`, rates);
    expect((await entries(store)).length).toBeLessThanOrEqual(64);
    expect(await records.read('99')).toEqual(rates);
  });
});
