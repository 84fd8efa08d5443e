import { describe, expect, it } from 'vitest';
import { calibratePairs } from './calibrate-pairs.js';
import { calibrationPorts as ports } from '../../testing/calibration-ports.js';

describe('calibrating with pairs of texts', () => {
  it('counts a pair once, whichever of its texts comes first', async () => {
    const pair = { a: '3 how do I pay', b: '3 how can I pay', same: true };
    const again = Array.from({ length: 300 }, (_, i) => (i % 2 ? pair : { ...pair, a: pair.b, b: pair.a }));
    const other = { a: '3 how do we pay', b: '3 how do you pay', same: true };
    const given = { ...ports(), task: 'text-generation' };
    expect(await calibratePairs([...again, other], given)).toMatchObject({ state: 'shadow', rows: 2 });
  });

  it('counts a text once, in however many pairs it is, and draws the pair that counts', async () => {
    const rows = (asked: readonly string[]) =>
      asked.map((a, i) => ({ a, b: `3 how can I pay ${'z'.repeat(i + 1)}`, same: i % 2 === 0 }));
    const shared = rows(Array.from({ length: 300 }, () => '3 how do I pay'));
    const others = rows(Array.from({ length: 20 }, (_, i) => `3 how do you pay ${'y'.repeat(i)}`));
    for (const pairs of [shared, shared.map(({ a, b, same }) => ({ a: b, b: a, same }))]) {
      const given = { ...ports(), task: 'text-generation' };
      expect(await calibratePairs(pairs, given)).toMatchObject({ state: 'shadow', rows: 1 });
    }
    expect(await calibratePairs(others, { ...ports(), task: 'text-generation' })).toMatchObject({ rows: 20 });
    const drawn = new Set<boolean>();
    for (const random of [() => 0, () => 0.999_999]) {
      const { store, ...given } = { ...ports(), task: 'text-generation', random };
      await calibratePairs(shared.slice(0, 2), { ...given, store });
      const [group] = await store.groups();
      drawn.add((await store.compared(group!, 1))[0]!.right);
    }
    expect(drawn.size).toBe(2);
  });

  it('certifies pairs of texts, and refuses pairs of labels, none, and both forms at once', async () => {
    const pairs = Array.from({ length: 200 }, (_, i) => {
      const same = i % 2 === 0;
      const what = 'z'.repeat(i + 1);
      return { a: `3 how do I pay ${what}`, b: same ? `3 how can I pay ${what}` : `3 how do I not pay ${what}`, same };
    });
    const text = { ...ports(), task: 'text-generation' };
    expect(await calibratePairs(pairs, text)).toMatchObject({ state: 'certified', rows: 200, encoder: 'e1' });
    await expect(calibratePairs(pairs, ports())).rejects.toThrow(/Pairs cannot certify/);
    await expect(calibratePairs([], text)).rejects.toThrow(/too few/);
    await expect(calibratePairs([...pairs, { text: 'a', label: 'b' }], text)).rejects.toThrow(/one set/);
  });
});
