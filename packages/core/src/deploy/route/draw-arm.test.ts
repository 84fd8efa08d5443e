import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { drawArm } from './draw-arm.js';
import { sumToOne } from './sum-to-one.js';

describe('drawing an arm', () => {
  it('draws each as often as its share says', () => {
    const shares = Float64Array.of(0.2, 0, 0.5, 0.3);
    const drawn = new Float64Array(4);
    const random = seededRandom(1);
    for (let i = 0; i < 20_000; i++) drawn[drawArm(shares, random)]!++;
    expect([...drawn].map((count) => Math.round(count / 200) / 100)).toEqual([0.2, 0, 0.5, 0.3]);
  });

  it('never draws an arm without a share', () => {
    const most = (): number => 1 - 2 ** -53;
    expect(drawArm(Float64Array.of(0, 0.1, 0.9 - 1e-12, 0), most)).toBe(2);
    expect(drawArm(Float64Array.of(0, 1), () => 0)).toBe(1);
    expect(() => drawArm(new Float64Array(2), () => 0)).toThrow(RangeError);
  });
});

describe('shares that rounding has been at', () => {
  it('sum to exactly 1 in their order', () => {
    const random = seededRandom(2);
    for (let round = 0; round < 2000; round++) {
      const raw = Float64Array.from({ length: 2 + (round % 19) }, () => (random() < 0.3 ? 0 : random() ** 8));
      raw[0]! += 1e-9;
      const total = raw.reduce((sum, value) => sum + value, 0);
      const shares = raw.map((value) => value / total);
      sumToOne(shares);
      expect(shares.reduce((sum, value) => sum + value, 0)).toBe(1);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    }
  });

  it('loses a last share that is less than a rounding', () => {
    const shares = Float64Array.of(0.25, 0.75, 1e-17);
    sumToOne(shares);
    expect([...shares]).toEqual([0.25, 0.75, 0]);
  });
});
