import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseEvictions,
  chooseIdle,
  chooseRecycling,
  nextIdleMs,
  recyclingPauseMs,
  type Recyclable,
  type Resident,
} from './residency.js';

const resident = (changes: Partial<Recyclable> = {}): Recyclable => ({
  bytes: 10,
  loadedBytes: 10,
  lastUsedMs: 0,
  leases: 0,
  spare: false,
  wanted: false,
  runs: 0,
  inline: false,
  ...changes,
});
const anyResident = fc.record({
  bytes: fc.integer({ min: 1, max: 100 }),
  lastUsedMs: fc.nat(1000),
  leases: fc.nat(2),
  spare: fc.boolean(),
  wanted: fc.boolean(),
  runs: fc.nat(100),
});
const sum = (all: readonly Resident[]): number => all.reduce((total, { bytes }) => total + bytes, 0);

describe('eviction', () => {
  it('makes enough room whenever there is enough to evict, and evicts no more than that', () => {
    fc.assert(
      fc.property(fc.array(anyResident), fc.nat(200), fc.nat(500), (all, neededBytes, ceilingBytes) => {
        const evicted = chooseEvictions(all, { neededBytes, ceilingBytes });
        const left = sum(all) - sum(evicted);
        if (evicted.length < all.length) expect(left + neededBytes).toBeLessThanOrEqual(ceilingBytes);
        const last = evicted.at(-1);
        if (last) expect(left + last.bytes + neededBytes).toBeGreaterThan(ceilingBytes);
      }),
    );
  });

  it('takes spare workers first, then what nobody waits for, what runs nothing, and what was used least recently', () => {
    const [wanted, busy, young, old, spare] = [
      resident({ lastUsedMs: 0, wanted: true }),
      resident({ lastUsedMs: 1, leases: 1 }),
      resident({ lastUsedMs: 3 }),
      resident({ lastUsedMs: 2 }),
      resident({ lastUsedMs: 9, spare: true }),
    ];
    const all = [wanted, busy, young, old, spare];
    const evicted = (neededBytes: number) => chooseEvictions(all, { neededBytes, ceilingBytes: 50 });
    expect(evicted(0)).toEqual([]);
    expect(evicted(10)).toEqual([spare]);
    expect(evicted(50)).toEqual([spare, old, young, busy, wanted]);
  });
});

describe('unloading what is idle', () => {
  it('takes what nobody has used for long enough and nobody holds', () => {
    const [old, held, young] = [resident(), resident({ leases: 1 }), resident({ lastUsedMs: 60 })];
    expect(chooseIdle([old, held, young], 100, 50)).toEqual([old]);
  });

  it('knows when to look again, and never to look without end while something is held', () => {
    expect(nextIdleMs([], 0, 50)).toBeUndefined();
    expect(nextIdleMs([resident({ lastUsedMs: 20 }), resident({ lastUsedMs: 80 })], 90, 100)).toBe(30);
    expect(nextIdleMs([resident({ leases: 1 })], 1000, 100)).toBe(100);
  });
});

describe('recycling', () => {
  const [fresh, used, worn] = [resident({ runs: 1 }), resident({ runs: 200 }), resident({ runs: 500 })];
  const above = { residentBytes: 101, ceilingBytes: 100 };

  it('replaces the session that has run the most once the process is above its ceiling', () => {
    expect(chooseRecycling([fresh, worn, used], above)).toBe(worn);
    expect(chooseRecycling([], above)).toBeUndefined();
  });

  it('replaces none that has no worker, and none that has hardly run', () => {
    expect(chooseRecycling([fresh, resident({ runs: 900, inline: true })], above)).toBeUndefined();
  });

  it('replaces the one that has outgrown its budget the furthest, however much the process holds', () => {
    const below = { residentBytes: undefined, ceilingBytes: 100 };
    const [large, larger] = [resident({ bytes: 21 }), resident({ bytes: 90, loadedBytes: 40 })];
    expect(chooseRecycling([worn, large, larger, fresh], below)).toBe(larger);
    expect(chooseRecycling([worn, large], above)).toBe(large);
    expect(chooseRecycling([resident({ bytes: 20 }), resident({ bytes: 900, inline: true })], below)).toBeUndefined();
  });

  it.each([
    ['below it', { residentBytes: 100, ceilingBytes: 100 }],
    ['where the host does not tell', { residentBytes: undefined, ceilingBytes: 100 }],
  ])('leaves everything as it is %s', (_, situation) => {
    expect(chooseRecycling([fresh, worn], situation)).toBeUndefined();
  });

  it('waits longer each time a replacement has not helped, up to an hour', () => {
    expect([0, 1, 2, 20].map(recyclingPauseMs)).toEqual([30_000, 60_000, 120_000, 3_600_000]);
  });
});
