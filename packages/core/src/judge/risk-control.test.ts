import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GridPoint } from '../catalog/calibration.js';
import type { Random } from '../ports/random.js';
import { seededRandom } from '../testing/index.js';
import { upperBound } from '../evaluate/binomial.js';
import { certify, DEFAULT_DELTA, leastAbstention } from './risk-control.js';

const POINTS = 100;

/** A grid over rows of which, sorted by confidence, these are wrong. */
function gridOf(wrongAt: readonly boolean[]): GridPoint[] {
  const before = [0];
  for (const wrong of wrongAt) before.push(before.at(-1)! + Number(wrong));
  return Array.from({ length: POINTS }, (_, i) => {
    const coverage = (i + 1) / POINTS;
    const accepted = Math.round(coverage * wrongAt.length);
    return { coverage, threshold: 1 - coverage, accepted, wrong: before[accepted]! };
  });
}

const rowsWith = (count: number, isWrong: (row: number) => boolean): GridPoint[] =>
  gridOf(Array.from({ length: count }, (_, row) => isWrong(row)));

describe('certify', () => {
  it('accepts everything when nothing went wrong and there are rows enough', () => {
    const certificate = certify({ grid: rowsWith(1000, () => false), rows: 1000, maxRisk: 0.02 });
    expect(certificate).toMatchObject({
      maxRisk: 0.02,
      delta: DEFAULT_DELTA,
      n: 1000,
      wrong: 0,
      coverage: 1,
      threshold: 0,
    });
    expect(certificate!.riskUpperBound).toBeCloseTo(upperBound(0, 1000, DEFAULT_DELTA), 12);
  });

  it('has no certificate for what is hopeless', () => {
    expect(certify({ grid: rowsWith(1000, () => true), rows: 1000, maxRisk: 0.05 })).toBeUndefined();
    expect(certify({ grid: rowsWith(1000, (row) => row % 5 === 0), rows: 1000, maxRisk: 0.05 })).toBeUndefined();
    expect(certify({ grid: rowsWith(50, () => false), rows: 50, maxRisk: 0.02 })).toBeUndefined();
    expect(certify({ grid: [], rows: 1, maxRisk: 0.5 })).toBeUndefined();
    expect(certify({ grid: rowsWith(1000, () => false), rows: 1000, maxRisk: 0.5, delta: 0 })).toBeUndefined();
  });

  it('is not stopped by one confident error', () => {
    const certificate = certify({ grid: rowsWith(2000, (row) => row === 0 || row > 1800), rows: 2000, maxRisk: 0.02 });
    expect(certificate!.coverage).toBeGreaterThan(0.85);
  });

  it('stops where errors begin', () => {
    const certificate = certify({ grid: rowsWith(2000, (row) => row >= 1400), rows: 2000, maxRisk: 0.01 });
    expect(certificate!.coverage).toBeGreaterThan(0.65);
    expect(certificate!.coverage).toBeLessThan(0.72);
  });

  const blocks = fc.array(fc.double({ min: 0, max: 0.15, noNaN: true }), { minLength: 5, maxLength: 5 });
  const population = fc.tuple(fc.integer({ min: 60, max: 900 }), blocks, fc.nat());
  const draw = ([count, rates, seed]: readonly [number, number[], number]): GridPoint[] => {
    const random = seededRandom(seed);
    return rowsWith(count, (row) => random() < rates[Math.floor((5 * row) / count)]!);
  };

  it('grants at least as much for a larger delta and for a larger risk', () => {
    fc.assert(
      fc.property(population, (described) => {
        const grid = draw(described);
        const coverage = (maxRisk: number, delta: number): number =>
          certify({ grid, rows: described[0], maxRisk, delta })?.coverage ?? 0;
        const byDelta = [0.01, 0.05, 0.1, 0.3].map((delta) => coverage(0.05, delta));
        const byRisk = [0.01, 0.03, 0.05, 0.1, 0.3].map((risk) => coverage(risk, 0.05));
        for (const series of [byDelta, byRisk]) expect(series).toEqual(series.toSorted((a, b) => a - b));
      }),
      { seed: 1 },
    );
  });

  it('never claims a bound that its own count does not carry', () => {
    fc.assert(
      fc.property(population, fc.double({ min: 0.01, max: 0.3, noNaN: true }), (described, maxRisk) => {
        const grid = draw(described);
        const certificate = certify({ grid, rows: described[0], maxRisk });
        if (!certificate) return;
        expect(certificate.riskUpperBound).toBeLessThanOrEqual(maxRisk + 1e-9);
        expect(grid).toContainEqual(expect.objectContaining({ accepted: certificate.n, wrong: certificate.wrong }));
        expect(certificate.coverage).toBeCloseTo(certificate.n / described[0], 12);
      }),
    );
  });
});

describe('certificates on simulated populations', () => {
  const DRAWS = 300;
  const MAX_RISK = 0.05;
  /** 5 % of the draws and three standard errors of that count. */
  const ALLOWED = DRAWS * 0.05 + 3 * Math.sqrt(DRAWS * 0.05 * 0.95);

  /** P(wrong | confidence c) = worst * (1 - c) ** steepness, c uniform: the true risk has a closed form. */
  function exceedances(worst: number, steepness: number, random: Random): { exceeded: number; certified: number } {
    let exceeded = 0;
    let certified = 0;
    for (let i = 0; i < DRAWS; i++) {
      const confidences = Array.from({ length: 1500 }, random).toSorted((a, b) => b - a);
      const grid = gridOf(confidences.map((c) => random() < worst * (1 - c) ** steepness));
      const certificate = certify({ grid, rows: confidences.length, maxRisk: MAX_RISK });
      if (!certificate) continue;
      certified++;
      const threshold = confidences[certificate.n - 1]!;
      const trueRisk = (worst * (1 - threshold) ** steepness) / (steepness + 1);
      if (trueRisk > MAX_RISK) exceeded++;
    }
    return { exceeded, certified };
  }

  it.each([
    ['errors among the unsure', 0.3, 2, 280],
    ['errors among the very unsure', 0.6, 5, 280],
    ['errors everywhere, just above the bound', 0.0501, 0, 0],
    ['errors everywhere, twice the bound', 0.1, 0, 0],
    ['errors that start at once', 0.2, 1, 10],
  ])('hold for %s', (_, worst, steepness, atLeast) => {
    const { exceeded, certified } = exceedances(worst, steepness, seededRandom(20));
    expect(exceeded).toBeLessThanOrEqual(ALLOWED);
    expect(certified).toBeGreaterThanOrEqual(atLeast);
  });

  it('hold where several starts could each be lucky: more than one in twenty would, were delta not shared', () => {
    const random = seededRandom(20);
    const draws = 1000;
    const lucky = Array.from({ length: draws }, () => {
      const grid = rowsWith(3000, () => random() < 0.0501);
      return certify({ grid, rows: 3000, maxRisk: MAX_RISK });
    }).filter((certificate) => certificate !== undefined);
    expect(lucky.length).toBeLessThanOrEqual(draws * 0.05 + 3 * Math.sqrt(draws * 0.05 * 0.95));
  });
});

describe('leastAbstention', () => {
  it('is nothing when the model is good enough, and what is left over when it is not', () => {
    expect(leastAbstention(0.01, 0.02)).toBe(0);
    expect(leastAbstention(0.1, 0.1)).toBe(0);
    expect(leastAbstention(0.1, 0.02)).toBeCloseTo(0.08 / 0.98, 12);
    expect(leastAbstention(1, 0.02)).toBe(1);
  });
});
