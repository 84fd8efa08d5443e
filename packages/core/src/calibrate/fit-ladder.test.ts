import { beforeAll, describe, expect, it } from 'vitest';
import { calibrationSchema, type Calibration, type LadderCalibration } from '../catalog/calibration.js';
import { pathKey } from '../catalog/find-ladder.js';
import { parseFile } from '../catalog/parse.js';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { expectedCalibrationError } from '../evaluate/calibration-error.js';
import { certify } from '../judge/risk-control.js';
import { fakeSha } from '../testing/index.js';
import { syntheticRows } from '../testing/synthetic-rows.js';
import { fitCalibration, MIN_ROWS, type CalibrationInput } from './fit-calibration.js';
import { fitLadder } from './fit-ladder.js';
import { pathsOf } from './fit-paths.js';
import { pickRows } from './scored-rows.js';
import { accuracyOf, simulateLadder } from './simulate-ladder.js';

const rows = syntheticRows({ rows: 600 });
const fresh = syntheticRows({ rows: 3000, seed: 2 });
const single = (tier: string) => fitLadder({ rows, tiers: [tier], relativeCosts: [1] });

describe('pathsOf', () => {
  it('is every way from the first tier up', () => {
    expect(pathsOf(['a', 'b', 'c']).map(pathKey).toSorted()).toEqual(['a', 'a+b', 'a+b+c', 'a+c']);
    expect(pathsOf(['a'])).toEqual([['a']]);
    expect(pathsOf([])).toEqual([]);
  });
});

describe('pickRows', () => {
  it('takes rows, in the order asked, from all tiers alike', () => {
    const picked = pickRows(rows, [5, 2]);
    expect(picked.truth).toEqual([rows.truth[5], rows.truth[2]]);
    expect(picked.logProbs['base']).toEqual([rows.logProbs['base']![5], rows.logProbs['base']![2]]);
  });
});

describe('fitLadder', () => {
  let ladder: LadderCalibration;
  beforeAll(() => {
    ladder = fitLadder({ rows, tiers: ['nano', 'base'], relativeCosts: [0.1, 1] });
  });

  it('is at least as right as its largest tier, and asks that tier for a part of the rows only', () => {
    expect(ladder.operating.accuracy).toBeGreaterThanOrEqual(single('base').operating.accuracy);
    expect(ladder.operating.calls[0]).toBe(1);
    expect(ladder.operating.calls[1]).toBeLessThan(0.8);
    expect(ladder.exchangeRate).toBeGreaterThan(0);
  });

  it('is so on new rows too', () => {
    const endings = simulateLadder(ladder, fresh);
    const alone = accuracyOf(simulateLadder(single('base'), fresh));
    expect(accuracyOf(endings)).toBeGreaterThan(alone - 0.01);
    expect(endings.filter(({ tiers }) => tiers.length > 1).length / 3000).toBeCloseTo(ladder.operating.calls[1]!, 1);
  });

  it('gives confidences that mean what they say', () => {
    expect(expectedCalibrationError(simulateLadder(ladder, fresh))).toBeLessThan(0.05);
  });

  it('climbs further for a higher threshold, and is then surer', () => {
    const climbed = [0, 0.7, 0.9, 0.99].map(
      (threshold) => simulateLadder(ladder, rows, threshold).filter(({ tiers }) => tiers.length > 1).length,
    );
    expect(climbed).toEqual(climbed.toSorted((a, b) => a - b));
    expect(climbed.at(-1)).toBeGreaterThan(climbed[0]!);
  });

  it('counts accepted and wrong on a grid of a hundred coverages, strictest first', () => {
    const { grid } = ladder;
    expect(grid).toHaveLength(100);
    expect(grid.map(({ coverage }) => coverage)).toEqual(Array.from({ length: 100 }, (_, i) => (i + 1) / 100));
    const thresholds = grid.map(({ threshold }) => threshold);
    expect(thresholds).toEqual(thresholds.toSorted((a, b) => b - a));
    expect(grid.at(-1)).toMatchObject({ threshold: 0, accepted: 600 });
    for (const { coverage, accepted, wrong } of grid) {
      if (coverage > 0.25) expect(Math.abs(accepted - coverage * 600)).toBeLessThan(40);
      expect(wrong).toBeLessThanOrEqual(accepted);
    }
    const errors = grid.map(({ accepted, wrong }) => wrong / accepted);
    expect(errors[40]).toBeLessThan(errors[99]!);
  });

  it('certifies bounds that hold on new rows', () => {
    const certificate = certify({ grid: ladder.grid, rows: 600, maxRisk: 0.1 })!;
    expect(certificate.coverage).toBeGreaterThan(0.3);
    const accepted = simulateLadder(ladder, fresh, certificate.threshold).filter(
      ({ confidence }) => confidence >= certificate.threshold,
    );
    expect(1 - accuracyOf(accepted)).toBeLessThan(0.1);
    expect(accepted.length / 3000).toBeCloseTo(certificate.coverage, 1);
  });

  it('prices nothing where there is one tier', () => {
    const alone = single('base');
    expect(alone).toMatchObject({ exchangeRate: 0, operating: { calls: [1] } });
    expect(alone.paths.map(({ tiers, climbs }) => [tiers, climbs])).toEqual([[['base'], []]]);
  });

  it('gives the same result for the same rows', () => {
    expect(fitLadder({ rows, tiers: ['nano', 'base'], relativeCosts: [0.1, 1] })).toEqual(ladder);
  });
});

describe('fitCalibration', () => {
  const three = syntheticRows({ rows: 150, skills: { nano: 3, small: 3.5, base: 4 } });
  const input = (changes: Partial<CalibrationInput> = {}): CalibrationInput => ({
    domain: 'bank',
    fingerprint: fakeSha('rows'),
    rows: three,
    tiers: ['nano', 'small', 'base'].map((id) => ({
      id,
      variant: fakeSha(id),
      delta: id === 'base' ? undefined : fakeSha(`${id} delta`),
    })),
    meanMs: { nano: 0.2, small: 2, base: 4 },
    ...changes,
  });
  let calibration: Calibration;
  beforeAll(() => {
    calibration = fitCalibration(input());
  });

  it('calibrates every ladder the tiers can form', () => {
    expect(calibration.ladders.map(({ tiers }) => pathKey(tiers)).toSorted()).toEqual([
      'base',
      'nano',
      'nano+base',
      'nano+small',
      'nano+small+base',
      'small',
      'small+base',
    ]);
    expect(calibration.ladders.find(({ tiers }) => tiers.length === 3)!.relativeCosts).toEqual([0.05, 0.5, 1]);
  });

  it('is a file that its schema accepts, and names what it was made with', () => {
    const read = parseFile(calibrationSchema, JSON.parse(JSON.stringify(calibration)), 'calibration');
    expect(read).toEqual({ value: calibration, warnings: [] });
    expect(calibration.tiers).toEqual({
      nano: { variant: fakeSha('nano'), delta: fakeSha('nano delta') },
      small: { variant: fakeSha('small'), delta: fakeSha('small delta') },
      base: { variant: fakeSha('base') },
    });
    const foreign = three.truth.filter((truth) => three.labels[truth] === 'oos').length;
    expect(calibration.data).toEqual({ fingerprint: fakeSha('rows'), rows: 150, outOfScopeRows: foreign });
  });

  it('refuses too few rows, and says how many it takes', () => {
    const few = pickRows(
      three,
      Array.from({ length: MIN_ROWS - 1 }, (_, i) => i),
    );
    expect(() => fitCalibration(input({ rows: few }))).toThrow(InvalidDataError);
    expect(() => fitCalibration(input({ rows: few }))).toThrow('99 rows are too few');
  });
});
