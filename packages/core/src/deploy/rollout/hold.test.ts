import { describe, expect, it } from 'vitest';
import { auditSharesOf, isInRing } from './hold.js';

describe('a ring of keys', () => {
  const keys = Array.from({ length: 5_000 }, (_, i) => `device-${i}`);
  const inAt = (share: number, id = 'r1'): string[] => keys.filter((key) => isInRing({ id }, key, share));

  it('holds about its share of them', () => {
    for (const share of [0.01, 0.1, 0.5]) expect(Math.abs(inAt(share).length / keys.length - share)).toBeLessThan(0.02);
    expect(inAt(1)).toHaveLength(keys.length);
    expect(inAt(0)).toHaveLength(0);
  });

  it('keeps who is in as it grows', () => {
    const [tenth, half] = [new Set(inAt(0.1)), new Set(inAt(0.5))];
    expect(inAt(0.01).every((key) => tenth.has(key))).toBe(true);
    expect([...tenth].every((key) => half.has(key))).toBe(true);
  });

  it('is another one in another rollout', () => {
    expect(inAt(0.1, 'r2')).not.toEqual(inAt(0.1, 'r1'));
  });
});

describe('audits of a rollout', () => {
  it.each([
    [0.02, 0.1, 0.9],
    [0.02, 0.5, 0.5],
    [0.5, 0.01, 0.99],
    [0.9, 0.8, 0.1],
    [1, 0.1, 0.9],
    [0.02, 0.1, 0.3],
  ])('of %s spend no more on shares of %s and %s than without one', (auditShare, newShare, oldShare) => {
    const shares = auditSharesOf({ auditShare, newShare, oldShare });
    expect(shares.new * newShare + shares.old * oldShare).toBeCloseTo(auditShare * (newShare + oldShare), 12);
    for (const share of [shares.new, shares.old]) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  it('look at as many answers of either side', () => {
    const shares = auditSharesOf({ auditShare: 0.02, newShare: 0.1, oldShare: 0.9 });
    expect(shares.new * 0.1).toBeCloseTo(shares.old * 0.9);
  });

  it('are as usual while one side has no requests', () => {
    expect(auditSharesOf({ auditShare: 0.02, newShare: 0, oldShare: 1 })).toEqual({ new: 0.02, old: 0.02 });
    expect(auditSharesOf({ auditShare: 0.02, newShare: 1, oldShare: 0 })).toEqual({ new: 0.02, old: 0.02 });
  });
});
