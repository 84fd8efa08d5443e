import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/seeded-random.js';
import { trafficWeights, type LabelTraffic } from './traffic-weights.js';

const repeated = (label: string, count: number): string[] => Array.from({ length: count }, () => label);

/** So many requests, each for one of the labels by chance. */
function drawn(labels: readonly string[], requests: number, seed: number): LabelTraffic[] {
  const random = seededRandom(seed);
  return Array.from({ length: requests }, () => ({ label: labels[Math.floor(random() * labels.length)]!, asked: 1 }));
}

describe('trafficWeights', () => {
  it('is the ratio of shares where there are requests enough', () => {
    const rows = [...repeated('old', 900), ...repeated('new', 100)];
    const asked = [
      { label: 'old', asked: 30_000 },
      { label: 'new', asked: 20_000 },
      { label: 'new', asked: 10_000 },
    ];
    const { weights, requests } = trafficWeights(rows, asked);
    expect(requests).toBe(60_000);
    expect(weights.get('old')).toBeCloseTo(5 / 9, 2);
    expect(weights.get('new')).toBeCloseTo(5, 1);
  });

  it('goes part of the way where few requests say so', () => {
    const rows = [...repeated('old', 800), ...repeated('new', 200)];
    const ofNew = (asked: number): number =>
      trafficWeights(rows, [
        { label: 'old', asked },
        { label: 'new', asked },
      ]).weights.get('new')!;
    const weights = [5, 20, 80, 320, 5000].map(ofNew);
    expect(weights).toEqual(weights.toSorted((a, b) => a - b));
    expect(weights[0]).toBe(1);
    expect(weights.at(-1)).toBeCloseTo(2.5, 1);
  });

  it('takes nothing that chance alone shows for a shift', () => {
    const labels = Array.from({ length: 150 }, (_, i) => `label ${i}`);
    const rows = labels.flatMap((label) => repeated(label, 10));
    const moved = Array.from({ length: 40 }, (_, seed) =>
      [36, 300, 3000].filter((requests) => {
        const { weights } = trafficWeights(rows, drawn(labels, requests, seed));
        return [...weights.values()].some((weight) => Math.abs(weight - 1) > 0.1);
      }),
    ).flat();
    expect(moved.length).toBeLessThan(8);
  });

  it('gives rows of the mean weight 1, and asks for no label that no row has', () => {
    const counts = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.integer({ min: 1, max: 60 }));
    const tallies = fc.array(
      fc.record({ label: fc.constantFrom('a', 'b', 'c', '__proto__', 'd'), asked: fc.integer({ min: 0, max: 500 }) }),
    );
    fc.assert(
      fc.property(counts, tallies, (inRows, traffic) => {
        const rows = Object.entries(inRows).flatMap(([label, count]) => repeated(label, count));
        fc.pre(rows.length > 0);
        const { weights, requests } = trafficWeights(rows, traffic);
        expect([...weights.keys()].toSorted()).toEqual([...new Set(rows)].toSorted());
        const mean = rows.reduce((sum, label) => sum + weights.get(label)!, 0) / rows.length;
        expect(mean).toBeCloseTo(1, 9);
        for (const weight of weights.values()) expect(weight).toBeGreaterThan(0);
        const known = traffic.filter(({ label }) => rows.includes(label));
        expect(requests).toBe(known.reduce((sum, { asked }) => sum + asked, 0));
      }),
      { seed: 1 },
    );
  });
});
