import { describe, expect, it } from 'vitest';
import { textCalibrationSchema } from '../../catalog/text-calibration.js';
import { parseFile } from '../../catalog/parse.js';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { fakeSha } from '../../testing/example-catalog.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { normal } from '../../testing/synthetic-rows.js';
import { fitTextCalibration, type TextRow, type TextTierRows } from './fit-text-calibration.js';
import { textConfidence } from './text-confidence.js';
import { createWalkBounds } from './walk-bounds.js';

/** Answers whose tokens are the likelier the likelier they are right; the beginning tells half as much. */
function answers(count: number, seed: number): TextRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const skill = normal(random);
    const right = random() < 1 / (1 + Math.exp(-1 - 3 * skill));
    const seen = { logProbMean: -1 + 0.5 * skill, logTokens: 3 + normal(random) };
    const early = { logProbMean: -1 + 0.5 * skill + normal(random), logProbFirst: -Math.abs(normal(random)) };
    const whole = { ...seen, logProbMin: 3 * seen.logProbMean, finished: 1 };
    return { early, isShort: random() < 0.1, whole, right };
  });
}

const tierOf = (rows: TextTierRows['rows'], tier = 'small'): TextTierRows => ({
  tier,
  variant: fakeSha(tier),
  delta: undefined,
  template: undefined,
  firstTokens: 8,
  rows,
});

const fit = (tiers: readonly TextTierRows[]) =>
  fitTextCalibration({
    domain: undefined,
    fingerprint: fakeSha('data'),
    rows: tiers[0]!.rows.length,
    tiers,
    random: seededRandom(1),
  });

describe('a calibration of text', () => {
  it('tells right answers from wrong ones, and says how well', () => {
    const { calibration, fits, unfit } = fit([tierOf(answers(400, 1))]);
    expect(parseFile(textCalibrationSchema, calibration, 'calibration')).toEqual({ value: calibration, warnings: [] });
    const { auroc, accuracy } = fits[0]!;
    expect(auroc.whole).toBeGreaterThan(0.75);
    expect(auroc.early).toBeGreaterThan(0.55);
    expect(auroc.early).toBeLessThan(auroc.whole);
    expect(auroc.interval[0]).toBeLessThan(auroc.whole);
    expect(auroc.interval[1]).toBeGreaterThan(auroc.whole);
    expect(accuracy).toBeGreaterThan(0.5);
    expect(unfit).toEqual([]);
    // What is the same for every answer is no feature.
    expect(calibration.tiers[0]!.whole.features).toEqual(['logProbMin', 'logProbMean', 'logTokens']);
  });

  it('says of new answers how likely they are right', () => {
    const { calibration } = fit([tierOf(answers(1500, 2))]);
    const fresh = answers(4000, 3).map(({ whole, right }) => ({
      confidence: textConfidence(whole, calibration.tiers[0], 'whole').confidence!,
      right,
    }));
    for (const [from, to] of [
      [0.2, 0.4],
      [0.4, 0.6],
      [0.6, 0.8],
    ] as const) {
      const within = fresh.filter(({ confidence }) => confidence >= from && confidence < to);
      const mean = within.reduce((sum, { confidence }) => sum + confidence, 0) / within.length;
      const rate = within.filter(({ right }) => right).length / within.length;
      // Three standard errors of some hundred answers.
      expect(Math.abs(rate - mean)).toBeLessThan(0.08);
    }
  });

  it('certifies bounds that new answers keep', () => {
    let kept = 0;
    let certified = 0;
    for (let seed = 10; seed < 22; seed++) {
      const { calibration } = fit([tierOf(answers(300, seed))]);
      const tier = calibration.tiers[0]!;
      const walk = [{ rows: tier.rows, isHeld: false }];
      const certificate = createWalkBounds().certificate({ walk, maxRisk: 0.2, delta: 0.05 });
      if (!certificate) continue;
      certified++;
      const accepted = answers(2000, seed + 1000).filter(
        ({ whole }) => textConfidence(whole, tier, 'whole').confidence! >= certificate.threshold,
      );
      kept += Number(accepted.filter(({ right }) => !right).length <= 0.2 * accepted.length);
    }
    expect(certified).toBeGreaterThanOrEqual(10);
    expect(kept / certified).toBeGreaterThanOrEqual(0.9);
  });

  it('keeps rows of all tiers side by side, also where one gave no answer', () => {
    const rows = answers(100, 7);
    const gaps = rows.map((row, at) => (at % 4 === 0 ? undefined : row));
    const { calibration } = fit([tierOf(rows), tierOf(gaps, 'large')]);
    const [small, large] = calibration.tiers.map((tier) => tier.rows);
    expect(large!.whole.map((each) => each === -1)).toEqual(gaps.map((row) => row === undefined));
    expect(small!.early.map((each) => each === -1)).toEqual(rows.map(({ isShort }) => isShort));
    expect(small!.right).toEqual(rows.map(({ right }) => Number(right)));
    expect(calibration.tiers[1]!.accuracy).toBeCloseTo(rows.filter(({ right }, at) => right && at % 4).length / 75, 12);
    expect(parseFile(textCalibrationSchema, calibration, 'calibration').value).toEqual(calibration);
    const [tier] = calibration.tiers;
    const uneven = { ...tier!, tier: 'other', rows: { whole: [1], early: [1], right: [1] } };
    const broken = { ...tier!, rows: { ...tier!.rows, early: [] } };
    for (const tiers of [[tier, uneven], [broken]])
      expect(() => parseFile(textCalibrationSchema, { ...calibration, tiers }, 'calibration')).toThrow();
  });

  it('judges rows by models of all kinds of them, also where every fifth is of one kind', () => {
    const mixed = answers(400, 9);
    const [right, wrong] = [true, false].map((kind) => mixed.filter((row) => row.right === kind));
    const ordered = Array.from({ length: 200 }, (_, i) => (i % 5 === 0 ? wrong!.shift()! : right!.shift()!));
    expect(fit([tierOf(ordered)]).fits[0]!.auroc.whole).toBeGreaterThan(0.75);
  });

  it('leaves out tiers of which nothing can be learnt, and says why', () => {
    const rows = answers(100, 4);
    const right = rows.map((row) => ({ ...row, right: true }));
    const blank = rows.map((row) => ({ ...row, whole: {}, early: {} }));
    const { calibration, unfit } = fit([tierOf(rows), tierOf(right, 'large'), tierOf(blank, 'mute')]);
    expect(calibration.tiers.map(({ tier }) => tier)).toEqual(['small']);
    expect(unfit).toEqual([
      { tier: 'large', why: expect.stringContaining('every answer is right') },
      { tier: 'mute', why: expect.stringContaining('log-probabilities') },
    ]);
  });

  it('refuses data without a tier to fit, and says what is missing', () => {
    const wrong = answers(60, 5).map((row) => ({ ...row, right: false }));
    for (const [rows, why] of [
      [answers(3, 5), '3 answers are too few: at least 50'],
      [[], '0 answers are too few'],
      [wrong, 'every answer is wrong'],
    ] as const) {
      expect(() => fit([tierOf(rows)])).toThrow(InvalidDataError);
      expect(() => fit([tierOf(rows)])).toThrow(why);
    }
  });

  it('counts what is unknown of an answer as its mean', () => {
    const { calibration } = fit([tierOf(answers(200, 6))]);
    const tier = calibration.tiers[0]!;
    const { means, features } = tier.whole;
    const mean = Object.fromEntries(features.map((feature, i) => [feature, means[i]!]));
    expect(textConfidence({}, tier, 'whole').confidence).toBeCloseTo(
      textConfidence(mean, tier, 'whole').confidence!,
      12,
    );
  });
});
