import { describe, expect, it } from 'vitest';
import type { SelfTestRecord, SelfTestRecords } from '../ports/self-test-records.js';
import { fakeSha } from './example-catalog.js';

/** A record of a passed test. */
export function exampleSelfTestRecord(changes: Partial<SelfTestRecord> = {}): SelfTestRecord {
  return {
    variantId: fakeSha('nano/int8.onnx'),
    provider: 'cpu',
    runtimeVersion: '1.30.0',
    cpu: 'Example CPU avx2',
    format: 1,
    verdict: { kind: 'passed', basis: 'golden', numbers: { meanCosine: 0.9991, lowestCosine: 0.998 } },
    runMs: 1.25,
    testedAtWallMs: 1_700_000_000_000,
    ...changes,
  };
}

/**
 * What every SelfTestRecords does.
 * @param make empty records, and a way to open the same ones again, as the next process does
 */
export function describeSelfTestRecordsContract(
  name: string,
  make: () => { readonly records: SelfTestRecords; readonly reopen: () => SelfTestRecords },
): void {
  const failed = { kind: 'failed', basis: 'golden', reason: 'its mean cosine is 0.2', numbers: {} } as const;

  describe(`${name} keeps the SelfTestRecords contract`, () => {
    it('has nothing at first', async () => {
      expect(await make().records.list()).toEqual([]);
    });

    it('remembers what was put, also when it is opened again', async () => {
      const { records, reopen } = make();
      const one = exampleSelfTestRecord();
      const other = exampleSelfTestRecord({ provider: 'cuda', verdict: failed });
      await records.put(one);
      await records.put(other);
      for (const each of [records, reopen()]) {
        const list = await each.list();
        expect(list).toHaveLength(2);
        expect(list).toEqual(expect.arrayContaining([one, other]));
      }
    });

    it('remembers one that was outrun, and one from before times were kept', async () => {
      const { records, reopen } = make();
      const outrun = exampleSelfTestRecord({ provider: 'webgpu', verdict: { kind: 'outrun' }, runMs: 8000 });
      const { runMs: _, ...older } = exampleSelfTestRecord();
      await records.put(outrun);
      await records.put(older);
      expect(await reopen().list()).toEqual(expect.arrayContaining([outrun, older]));
    });

    it('puts a record in the place of the one with the same key', async () => {
      const { records, reopen } = make();
      await records.put(exampleSelfTestRecord());
      await records.put(exampleSelfTestRecord({ verdict: failed, testedAtWallMs: 2 }));
      for (const each of [records, reopen()]) expect(await each.list()).toMatchObject([{ verdict: failed }]);
    });

    it.each([['variantId', fakeSha('other')] as const, ['runtimeVersion', '2'] as const, ['cpu', 'other'] as const])(
      'keeps records of another %s apart',
      async (field, value) => {
        const { records } = make();
        await records.put(exampleSelfTestRecord());
        await records.put(exampleSelfTestRecord({ [field]: value }));
        expect(await records.list()).toHaveLength(2);
      },
    );

    it('loses none that are put at once', async () => {
      const { records, reopen } = make();
      const many = Array.from({ length: 8 }, (_, i) => exampleSelfTestRecord({ variantId: fakeSha(`variant ${i}`) }));
      await Promise.all(many.map((record) => records.put(record)));
      expect(await reopen().list()).toHaveLength(8);
    });
  });
}
