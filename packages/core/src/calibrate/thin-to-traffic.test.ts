import { describe, expect, it } from 'vitest';
import type { GridPoint } from '../catalog/calibration.js';
import { upperBound } from '../evaluate/binomial.js';
import { certify } from '../judge/risk-control.js';
import { seededRandom } from '../testing/seeded-random.js';
import { thinToTraffic } from './thin-to-traffic.js';

const repeated = (label: string, count: number): string[] => Array.from({ length: count }, () => label);

describe('thinToTraffic', () => {
  const labels = [...repeated('old', 900), ...repeated('new', 100)];
  const thin = (asked: readonly { label: string; asked: number }[], rows = labels, drawnFrom = rows) =>
    thinToTraffic({ labels: rows, drawnFrom, asked, random: seededRandom(1) });

  it('leaves all rows of the label that is asked for most over its share, and its part of the others', () => {
    const { rows, requests, overlap } = thin([
      { label: 'old', asked: 6000 },
      { label: 'new', asked: 4000 },
    ]);
    const ofNew = rows.filter((row) => labels[row] === 'new').length;
    expect(ofNew).toBe(100);
    expect(rows.length).toBeGreaterThan(235);
    expect(rows.length).toBeLessThan(275);
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    expect(requests).toBe(10_000);
    expect(overlap).toBeGreaterThan(0.99);
  });

  it('leaves a quarter of the rows and two hundred in any case, and says how far that is from the traffic', () => {
    const onlyNew = [{ label: 'new', asked: 5000 }];
    const { rows, overlap } = thin(onlyNew);
    expect(rows.length).toBeGreaterThan(210);
    expect(rows.length).toBeLessThan(290);
    expect(overlap).toBeGreaterThan(0.3);
    expect(overlap).toBeLessThan(0.5);
    expect(thin(onlyNew, [...repeated('old', 170), ...repeated('new', 30)]).rows).toHaveLength(200);
  });

  it('leaves everything where nothing is known, or labels are asked for as often as there are rows of them', () => {
    const everything = [...labels.keys()];
    expect(thin([])).toEqual({ rows: everything, requests: 0, overlap: 1 });
    expect(thin([{ label: 'unheard', asked: 90 }])).toEqual({ rows: everything, requests: 0, overlap: 1 });
    const alike = [
      { label: 'old', asked: 88 },
      { label: 'new', asked: 12 },
    ];
    expect(thin(alike)).toEqual({ rows: everything, requests: 100, overlap: 1 });
  });
});

/**
 * Labels of which every fifth is new: 11 % of the rows and 38 % of what is asked, and wrong more often. Confidence is
 * uniform, and P(wrong | confidence c) = worst * (1 - c) ** 2, so the true risk above a threshold has a closed form.
 */
describe('certificates under a shift of labels', () => {
  const ROWS = 2000;
  const REQUESTS = 3000;
  const DRAWS = 100;
  const MAX_RISK = 0.07;
  const DELTA = 0.05;
  /** 5 % of the draws and three standard errors of that count. */
  const ALLOWED = DRAWS * DELTA + 3 * Math.sqrt(DRAWS * DELTA * (1 - DELTA));
  const isNew = (label: number): boolean => label % 5 === 0;
  const worstOf = (label: number): number => (isNew(label) ? 0.6 : 0.15);
  /** Each label as often as it is drawn, some five times as often as others. */
  const poolOf = (ofNew: number): readonly number[] =>
    Array.from({ length: 50 }, (_, label) => {
      const share = (0.5 + (Math.floor(label / 5) % 3)) * (isNew(label) ? ofNew : (1 - ofNew) / 4);
      return Array.from({ length: Math.round(200 * share) }, () => label);
    }).flat();
  const inRows = poolOf(0.11);
  const inTraffic = poolOf(0.38);
  const meanWorst = inTraffic.reduce((sum, label) => sum + worstOf(label), 0) / inTraffic.length;
  const trueRisk = (threshold: number): number => (meanWorst * (1 - threshold) ** 2) / 3;

  interface Row {
    readonly label: string;
    readonly confidence: number;
    readonly wrong: boolean;
  }

  function gridOf(rows: readonly Row[]): GridPoint[] {
    const sorted = rows.toSorted((a, b) => b.confidence - a.confidence);
    let wrong = 0;
    const upTo = sorted.map((row) => (wrong += Number(row.wrong)));
    return Array.from({ length: 100 }, (_, i) => {
      const coverage = (i + 1) / 100;
      const accepted = Math.round(coverage * rows.length);
      const threshold = sorted[accepted - 1]!.confidence;
      return { coverage, threshold, accepted, wrong: upTo[accepted - 1]! };
    });
  }

  /** In how many draws a certificate was given, and how often it or the bound on all rows was broken. */
  function count(thins: boolean) {
    const random = seededRandom(3);
    const draw = (pool: readonly number[]): number => pool[Math.floor(random() * pool.length)]!;
    const counts = { certified: 0, broken: 0, brokenOnAll: 0 };
    for (let n = 0; n < DRAWS; n++) {
      const drawn = Array.from({ length: ROWS }, (): Row => {
        const label = draw(inRows);
        const confidence = random();
        return { label: `${label}`, confidence, wrong: random() < worstOf(label) * (1 - confidence) ** 2 };
      });
      const asked = Array.from({ length: REQUESTS }, () => ({ label: `${draw(inTraffic)}`, asked: 1 }));
      const labels = drawn.map(({ label }) => label);
      const drawnFrom = thins ? [...labels, ...Array.from({ length: 4 * ROWS }, () => `${draw(inRows)}`)] : labels;
      const kept = thins ? thinToTraffic({ labels, drawnFrom, asked, random }).rows : [...drawn.keys()];
      const rows = kept.map((row) => drawn[row]!);
      const certificate = certify({ grid: gridOf(rows), rows: rows.length, maxRisk: MAX_RISK, delta: DELTA });
      counts.certified += Number(certificate !== undefined);
      counts.broken += Number(certificate !== undefined && trueRisk(certificate.threshold) > MAX_RISK);
      const bound = upperBound(rows.filter(({ wrong }) => wrong).length, rows.length, DELTA);
      counts.brokenOnAll += Number(bound < trueRisk(0));
    }
    return counts;
  }

  it('hold at their level on rows that are thinned to the traffic', () => {
    const { certified, broken, brokenOnAll } = count(true);
    expect(certified).toBeGreaterThan(0.8 * DRAWS);
    expect(broken).toBeLessThanOrEqual(ALLOWED);
    expect(brokenOnAll).toBeLessThanOrEqual(ALLOWED);
  });

  it('break on rows as they are', () => {
    const { broken, brokenOnAll } = count(false);
    expect(broken).toBeGreaterThan(0.9 * DRAWS);
    expect(brokenOnAll).toBeGreaterThan(0.9 * DRAWS);
  });
});
