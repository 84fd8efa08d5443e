import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEvictions, chooseIdle, chooseRecycling, nextIdleMs, type Resident } from './residency.js';

const resident = (changes: Partial<Resident & { runs: number }> = {}) => ({
  bytes: 10,
  lastUsedMs: 0,
  leases: 0,
  spare: false,
  runs: 0,
  ...changes,
});
const anyResident = fc.record({
  bytes: fc.integer({ min: 1, max: 100 }),
  lastUsedMs: fc.nat(1000),
  leases: fc.nat(2),
  spare: fc.boolean(),
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

  it('takes spare workers first, then what was used least recently', () => {
    const all = [
      resident({ lastUsedMs: 3 }),
      resident({ lastUsedMs: 1 }),
      resident({ lastUsedMs: 2 }),
      resident({ lastUsedMs: 9, spare: true }),
    ];
    expect(chooseEvictions(all, { neededBytes: 30, ceilingBytes: 40 })).toEqual([all[3], all[1], all[2]]);
    expect(chooseEvictions(all, { neededBytes: 10, ceilingBytes: 40 })).toEqual([all[3]]);
    expect(chooseEvictions(all, { neededBytes: 0, ceilingBytes: 40 })).toEqual([]);
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
  const [fresh, worn] = [resident({ runs: 1 }), resident({ runs: 500 })];

  it('replaces the session that has run the most once the process is above its ceiling', () => {
    const above = { residentBytes: 101, ceilingBytes: 100, sinceLastMs: Infinity };
    expect(chooseRecycling([fresh, worn], above)).toBe(worn);
    expect(chooseRecycling([], above)).toBeUndefined();
  });

  it.each([
    ['below it', { residentBytes: 100, ceilingBytes: 100, sinceLastMs: Infinity }],
    ['where the host does not tell', { residentBytes: undefined, ceilingBytes: 100, sinceLastMs: Infinity }],
    ['shortly after a replacement', { residentBytes: 200, ceilingBytes: 100, sinceLastMs: 1000 }],
  ])('leaves everything as it is %s', (_, situation) => {
    expect(chooseRecycling([fresh, worn], situation)).toBeUndefined();
  });
});
