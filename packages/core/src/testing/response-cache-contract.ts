import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CacheChange, ComparedRow, KeptAnswer, ResponseCacheStore } from '../ports/response-cache.js';

export interface ResponseCacheUnderTest {
  readonly store: ResponseCacheStore;
  /** The same one, as another process or tab opens it. */
  readonly again?: () => Promise<ResponseCacheStore>;
}

export const exampleQuestion: NonNullable<KeptAnswer['question']> = {
  task: 'text-classification',
  domain: 'banking',
  encoder: 'ab'.repeat(32),
  vector: Float32Array.from({ length: 8 }, (_, i) => (i - 3) / 7),
  features: ['f1', 'f2'],
  answerId: 'refund',
};

export const exampleAnswer = (key: string, answer: Partial<KeptAnswer> = {}): KeptAnswer => ({
  key,
  scope: 'scope',
  tenant: 'tenant',
  tags: [],
  storedAtWallMs: 1_700_000_000_000,
  expiresAtWallMs: 1_700_000_100_000,
  body: JSON.stringify({ label: key }),
  question: undefined,
  ...answer,
});

const comparedRow = (row: Partial<ComparedRow> = {}): ComparedRow => ({
  group: 'g',
  score: 1.25,
  right: true,
  probability: 1,
  kind: 'shadow',
  atWallMs: 1,
  ...row,
});

async function changesOf(store: ResponseCacheStore, sinceSeq = 0): Promise<CacheChange[]> {
  const all: CacheChange[] = [];
  for await (const page of store.changes(sinceSeq)) all.push(...page);
  return all;
}

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key,
      isQuestion: fc.boolean(),
      tag: fc.constantFrom('x', 'y'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('touch' as const), key }) },
  fc.record({ do: fc.constant('forget key' as const), key }),
  fc.record({ do: fc.constant('forget tag' as const), tag: fc.constantFrom('x', 'y') }),
);

/**
 * What every store of answers keeps to.
 * @param open a new, empty one
 */
export function describeResponseCacheContract(
  name: string,
  open: (bounds: { readonly maxBytes?: number; readonly maxEntries?: number }) => Promise<ResponseCacheUnderTest>,
): void {
  describe(`${name} as a store of answers`, () => {
    const opened: ResponseCacheStore[] = [];
    const create = async (bounds: Parameters<typeof open>[0] = {}) => {
      const { store, again } = await open(bounds);
      opened.push(store);
      return { store, again };
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    const there = async (store: ResponseCacheStore, keys: readonly string[] = KEYS): Promise<string[]> => {
      const found = await Promise.all(keys.map((each) => store.get(each)));
      return keys.filter((_, i) => found[i] !== undefined);
    };

    it('gives an answer back as it was kept, and nothing for what was never kept', async () => {
      const { store } = await create();
      const plain = exampleAnswer('a', { tags: ['one', 'two'] });
      const odd = exampleAnswer('b', {
        tenant: 'ü 🪜',
        body: JSON.stringify({ text: 'häßlich "quoted" \\ \u0000 🪜\n' }),
        storedAtWallMs: 1.5,
        question: { ...exampleQuestion, domain: undefined, features: [], answerId: '🪜' },
      });
      await store.put([plain, odd]);
      expect(await store.get('a')).toEqual(plain);
      expect(await store.get('b')).toEqual(odd);
      expect(await store.get('c')).toBeUndefined();
      expect(await store.get('')).toBeUndefined();
    });

    it('gives back what is expired too: that is for others to judge', async () => {
      const { store } = await create();
      await store.put([exampleAnswer('a', { expiresAtWallMs: 1 })]);
      expect(await store.get('a')).toMatchObject({ expiresAtWallMs: 1 });
    });

    it('replaces what has the same key', async () => {
      const { store } = await create();
      await store.put([exampleAnswer('a', { tags: ['old'], question: exampleQuestion })]);
      const { bytes } = await store.stats();
      const newer = exampleAnswer('a', { tags: ['new'], body: '"other"' });
      await store.put([newer]);
      expect(await store.get('a')).toEqual(newer);
      expect(await store.forget({ tag: 'old' })).toBe(0);
      expect((await store.stats()).entries).toBe(1);
      expect((await store.stats()).bytes).toBeLessThan(bytes);
    });

    it('keeps nothing where there is nothing to keep, and the last of two with one key', async () => {
      const { store } = await create();
      await store.put([]);
      expect((await store.stats()).entries).toBe(0);
      await store.put([exampleAnswer('a', { body: '1' }), exampleAnswer('a', { body: '2' })]);
      expect(await store.get('a')).toMatchObject({ body: '2' });
      expect((await store.stats()).entries).toBe(1);
    });

    it('lets go first of what was not given for longest', async () => {
      const { store } = await create({ maxEntries: 3 });
      for (const each of ['a', 'b', 'c']) await store.put([exampleAnswer(each)]);
      await store.touch(['a', 'never kept']);
      await store.put([exampleAnswer('d')]);
      expect(await there(store)).toEqual(['a', 'c', 'd']);
      await store.put([exampleAnswer('e'), exampleAnswer('f')]);
      expect(await there(store)).toEqual(['d', 'e', 'f']);
    });

    it('does so in the order things were done, whatever the clock says', async () => {
      const { store } = await create({ maxEntries: 2 });
      await store.put([exampleAnswer('a', { storedAtWallMs: 9e12 })]);
      await store.put([exampleAnswer('b', { storedAtWallMs: 1 })]);
      await store.put([exampleAnswer('c', { storedAtWallMs: 2 })]);
      expect(await there(store)).toEqual(['b', 'c']);
    });

    it('keeps so many bytes and no more', async () => {
      const { store } = await create({ maxBytes: 20_000 });
      const large = JSON.stringify('x'.repeat(6000));
      for (const each of ['a', 'b', 'c', 'd']) await store.put([exampleAnswer(each, { body: large })]);
      expect(await there(store)).toEqual(['b', 'c', 'd']);
      expect((await store.stats()).bytes).toBeLessThanOrEqual(20_000);
      await store.put([exampleAnswer('e', { body: JSON.stringify('x'.repeat(12_500)) })]);
      expect(await there(store)).toEqual(['d', 'e']);
    });

    it('forgets by key, tag, tenant and end, by all of them together, and everything', async () => {
      const { store } = await create();
      await store.put([
        exampleAnswer('a', { tags: ['x', 'y'], tenant: 't1', expiresAtWallMs: 10 }),
        exampleAnswer('b', { tags: ['x'], tenant: 't2', expiresAtWallMs: 20 }),
        exampleAnswer('c', { tags: ['y'], tenant: 't1', expiresAtWallMs: 30 }),
        exampleAnswer('d', { tags: ['X', 'x%'], tenant: 't1', expiresAtWallMs: 40 }),
        exampleAnswer('e', { tenant: 't2', expiresAtWallMs: 50 }),
      ]);
      expect(await store.forget({ tag: 'x', tenant: 't1', expiredAtWallMs: 9 })).toBe(0);
      expect(await store.forget({ tag: 'x', tenant: 't1', keys: ['b', 'c'] })).toBe(0);
      expect(await store.forget({ keys: [] })).toBe(0);
      expect(await there(store)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await store.forget({ expiredAtWallMs: 10 })).toBe(1);
      expect(await store.forget({ tag: 'x' })).toBe(1);
      expect(await there(store)).toEqual(['c', 'd', 'e']);
      expect(await store.forget({ keys: ['c', 'never kept'], tag: 'y' })).toBe(1);
      expect(await store.forget({ tenant: 't1' })).toBe(1);
      expect(await store.forget({})).toBe(1);
      expect(await store.stats()).toEqual({ entries: 0, bytes: 0, oldestWallMs: undefined });
    });

    it('forgets what is over, however much that is, and nothing that another condition spares', async () => {
      const { store } = await create();
      const many = Array.from({ length: 600 }, (_, i) => `k${i}`);
      await store.put(
        many.map((each, i) =>
          exampleAnswer(each, {
            tags: [i < 300 ? 'x' : 'y'],
            expiresAtWallMs: i + 1,
            ...(i % 9 === 0 && { question: exampleQuestion }),
          }),
        ),
      );
      expect(await store.forget({ tag: 'y', expiredAtWallMs: 300 })).toBe(0);
      expect(await store.forget({ tag: 'x', expiredAtWallMs: 10 })).toBe(10);
      expect(await store.forget({ expiredAtWallMs: 590 })).toBe(580);
      expect(await there(store, many)).toEqual(many.slice(590));
      expect((await store.stats()).entries).toBe(10);
      expect(await store.forget({ keys: many })).toBe(10);
    });

    it('tells what changed since, in order: what was kept with a question, and what of it is gone', async () => {
      const { store } = await create({ maxEntries: 3 });
      const asked = (each: string, scope = 'scope') => exampleAnswer(each, { scope, question: exampleQuestion });
      await store.put([asked('a'), asked('b', 'other'), exampleAnswer('plain')]);
      const first = await changesOf(store);
      expect(first).toMatchObject([
        { kind: 'kept', key: 'a', scope: 'scope', question: exampleQuestion },
        { kind: 'kept', key: 'b', scope: 'other', question: exampleQuestion },
      ]);
      const seq = first.at(-1)!.seq;
      expect(await changesOf(store, seq)).toEqual([]);
      await store.put([asked('c')]);
      await store.forget({ keys: ['b', 'plain'] });
      await store.put([exampleAnswer('c')]);
      expect((await changesOf(store, seq)).map(({ kind, key: of }) => [kind, of])).toEqual([
        ['gone', 'a'],
        ['gone', 'b'],
        ['gone', 'c'],
      ]);
      const seqs = (await changesOf(store)).map((change) => change.seq);
      expect(seqs).toEqual([...new Set(seqs)].toSorted((x, y) => x - y));
    });

    it('says where it is to whoever has read all', async () => {
      const { store } = await create();
      await store.put(KEYS.map((each) => exampleAnswer(each, { question: exampleQuestion })));
      const seq = (await changesOf(store)).at(-1)!.seq;
      await store.put([exampleAnswer('a', { scope: 'moved', question: exampleQuestion })]);
      expect(await changesOf(store, seq)).toMatchObject([{ kind: 'kept', key: 'a', scope: 'moved' }]);
      expect(await changesOf(store, Number.MAX_SAFE_INTEGER)).toEqual([]);
    });

    it('remembers what was compared, newest first, each group by itself', async () => {
      const { store } = await create();
      expect(await store.groups()).toEqual([]);
      await store.compare([]);
      await store.compare([comparedRow({ score: 0.1 }), comparedRow({ score: -0.2, right: false, kind: 'audit' })]);
      await store.compare([
        comparedRow({ group: 'other' }),
        comparedRow({ score: 0.3, probability: 0.02, kind: 'pair' }),
      ]);
      expect(await store.compared('g', 10)).toEqual([
        comparedRow({ score: 0.3, probability: 0.02, kind: 'pair' }),
        comparedRow({ score: -0.2, right: false, kind: 'audit' }),
        comparedRow({ score: 0.1 }),
      ]);
      expect(await store.compared('g', 1)).toMatchObject([{ score: 0.3 }]);
      expect(await store.compared('g', 0)).toEqual([]);
      expect(await store.compared('nobody', 5)).toEqual([]);
      expect((await store.groups()).toSorted()).toEqual(['g', 'other']);
      await store.compare(Array.from({ length: 4_100 }, (_, i) => comparedRow({ group: 'many', score: i })));
      const newest = (await store.compared('many', 4_050)).map(({ score }) => score);
      expect(newest).toEqual(Array.from({ length: 4_050 }, (_, i) => 4_099 - i));
    });

    it('keeps notes by name', async () => {
      const { store } = await create();
      expect(await store.note('n')).toBeUndefined();
      await store.keepNote('n', '{"a":1}');
      await store.keepNote('n', '{"a":2}');
      expect([await store.note('n'), await store.note('m')]).toEqual(['{"a":2}', undefined]);
    });

    it('has one secret, which nobody can change in it', async () => {
      const { store } = await create();
      const [secret, same] = await Promise.all([store.secret(), store.secret()]);
      expect(secret).toHaveLength(32);
      expect(new Set(secret).size).toBeGreaterThan(4);
      expect(same).toEqual(secret);
      const before = [...secret];
      secret.fill(0);
      expect([...(await store.secret())]).toEqual(before);
      const other = await create();
      expect([...(await other.store.secret())]).not.toEqual(before);
    });

    it('counts what it holds', async () => {
      const { store } = await create();
      await store.put([exampleAnswer('a', { storedAtWallMs: 7 }), exampleAnswer('b', { storedAtWallMs: 5 })]);
      const { bytes, ...counted } = await store.stats();
      expect(counted).toEqual({ entries: 2, oldestWallMs: 5 });
      expect(bytes).toBeGreaterThan(20);
    });

    it('is the same for whoever else has it open', async () => {
      const { store, again } = await create();
      const other = await again?.();
      if (!other) return;
      opened.push(other);
      expect(await other.get('a')).toBeUndefined();
      await store.put([exampleAnswer('a', { question: exampleQuestion })]);
      expect(await other.get('a')).toMatchObject({ key: 'a' });
      expect(await other.secret()).toEqual(await store.secret());
      const seq = (await changesOf(other)).at(-1)!.seq;
      expect(await other.forget({ keys: ['a'] })).toBe(1);
      expect(await changesOf(store, seq)).toMatchObject([{ kind: 'gone', key: 'a' }]);
    });

    it('does what a plain list would, whatever is kept, given again and forgotten', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 24 }), async (steps) => {
          const { store } = await create({ maxEntries: 4 });
          let list: { key: string; tag: string }[] = [];
          const index = new Set<string>();
          let seq = 0;
          for (const each of steps) {
            switch (each.do) {
              case 'put': {
                list = [...list.filter((one) => one.key !== each.key), { key: each.key, tag: each.tag }].slice(-4);
                const question = each.isQuestion ? exampleQuestion : undefined;
                await store.put([exampleAnswer(each.key, { tags: [each.tag], question })]);
                break;
              }
              case 'touch': {
                const found = list.filter((one) => one.key === each.key);
                list = [...list.filter((one) => one.key !== each.key), ...found];
                await store.touch([each.key]);
                break;
              }
              case 'forget key': {
                const gone = list.some((one) => one.key === each.key) ? 1 : 0;
                list = list.filter((one) => one.key !== each.key);
                expect(await store.forget({ keys: [each.key] })).toBe(gone);
                break;
              }
              case 'forget tag': {
                const left = list.filter((one) => one.tag !== each.tag);
                expect(await store.forget({ tag: each.tag })).toBe(list.length - left.length);
                list = left;
                break;
              }
              default:
                each satisfies never;
            }
            for (const change of await changesOf(store, seq)) {
              seq = change.seq;
              if (change.kind === 'kept') index.add(change.key);
              else index.delete(change.key);
            }
          }
          expect(await there(store)).toEqual(list.map((one) => one.key).toSorted());
          expect((await store.stats()).entries).toBe(list.length);
          const questions = await Promise.all(KEYS.map((one) => store.get(one)));
          const withQuestion = KEYS.filter((_, i) => questions[i]?.question !== undefined);
          expect([...index].toSorted()).toEqual(withQuestion);
        }),
        { numRuns: 12 },
      );
    });
  });
}
