import { describeResponseCacheContract, exampleAnswer, exampleQuestion } from '@terrace/core/testing';
import { deleteDB, openDB } from 'idb';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openIndexedDbResponseCache } from './indexed-db-response-cache.js';

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;
const open = (name = newName(), bounds: { maxBytes?: number; maxEntries?: number } = {}) =>
  openIndexedDbResponseCache({
    name,
    clock: systemClock,
    ...bounds,
    onWarning: (warning) => expect.unreachable(warning.message),
  });

describeResponseCacheContract('IndexedDB', async (bounds) => {
  const name = newName();
  return { store: open(name, bounds), again: async () => open(name, bounds) };
});

it('makes no database before there is something to keep', async () => {
  const name = newName();
  const store = open(name);
  onTestFinished(() => store.close());
  expect([await store.get('a'), await store.forget({}), await store.note('n')]).toEqual([undefined, 0, undefined]);
  await store.touch(['a']);
  expect(await store.stats()).toEqual({ entries: 0, bytes: 0, oldestWallMs: undefined });
  expect((await indexedDB.databases()).map((each) => each.name)).not.toContain(name);
});

it('takes nothing for an answer that is none, and removes it', async () => {
  const name = newName();
  const store = open(name);
  onTestFinished(() => store.close());
  const keys = ['a', 'b', 'c', 'd'];
  await store.put(keys.map((key) => exampleAnswer(key, { question: exampleQuestion })));
  const other = await openDB(name, 1);
  await other.put('answers', { ...exampleAnswer('a'), body: 7 });
  await other.put('answers', exampleAnswer('b', { body: 'x'.repeat(300_000) }));
  const vector = Float32Array.of(NaN);
  await other.put('answers', exampleAnswer('c', { question: { ...exampleQuestion, vector } }));
  await other.put('answers', { ...exampleAnswer('d'), question: null });
  other.close();
  for await (const page of store.changes(0)) for (const { kind } of page) expect(kind).toBe('gone');
  for (const key of keys) expect(await store.get(key)).toBeUndefined();
  expect((await store.stats()).entries).toBe(0);
});

it('keeps nothing that is larger than an answer may be', async () => {
  const store = open();
  onTestFinished(() => store.close());
  await store.put([exampleAnswer('a')]);
  await store.put([exampleAnswer('a', { body: JSON.stringify('x'.repeat(300_000)) }), exampleAnswer('b')]);
  expect([await store.get('a'), await store.get('b')]).toEqual([undefined, exampleAnswer('b')]);
});

it('begins anew where another tab has deleted it, with changes that nobody takes for old ones', async () => {
  const name = newName();
  const store = open(name);
  onTestFinished(() => store.close());
  const seqs = async (): Promise<number[]> => {
    const found: number[] = [];
    for await (const page of store.changes(0)) found.push(...page.map(({ seq }) => seq));
    return found;
  };
  const question = { ...exampleQuestion, vector: Float32Array.of(1, 0) };
  await store.put([exampleAnswer('a', { question })]);
  const before = await seqs();
  await deleteDB(name);
  expect(await store.get('a')).toBeUndefined();
  await systemClock.sleep(2);
  await store.put([exampleAnswer('b', { question })]);
  expect((await seqs())[0]).toBeGreaterThan(before[0]!);
});

it('forgets everything at once, and tells of what was kept with a question that it is gone', async () => {
  const store = open();
  onTestFinished(() => store.close());
  await store.put([...'abc'].map((key) => exampleAnswer(key, { question: exampleQuestion })));
  await store.put([exampleAnswer('plain')]);
  await store.forget({ keys: ['a'] });
  expect(await store.forget({})).toBe(3);
  expect(await store.stats()).toEqual({ entries: 0, bytes: 0, oldestWallMs: undefined });
  const told: string[] = [];
  for await (const page of store.changes(0)) told.push(...page.map(({ kind, key }) => `${kind} ${key}`));
  expect(told).toEqual(['gone a', 'gone b', 'gone c']);
  await store.put([exampleAnswer('b')]);
  expect((await store.stats()).entries).toBe(1);
});
