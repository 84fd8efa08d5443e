import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logSoftmax } from './label-scores.js';
import { outOfScopeScore, toClassification, type ClassificationInput } from './to-classification.js';

const labels = ['balance', 'transfer', 'block', 'new', 'oos'];
const classify = (logits: readonly number[], changes: Partial<ClassificationInput> = {}) =>
  toClassification({
    labels,
    logProbs: logSoftmax(logits),
    outOfScopeLabel: 'oos',
    outOfScopeThreshold: Infinity,
    within: undefined,
    ...changes,
  });
const names = ({ alternatives }: ReturnType<typeof classify>): string[] => alternatives.map(({ label }) => label);

describe('outOfScopeScore', () => {
  it('is what the best label in scope leaves over', () => {
    const logProbs = Float64Array.of(Math.log(0.2), Math.log(0.1), Math.log(0.7));
    expect(outOfScopeScore(logProbs, ['a', 'b', 'oos'], 'oos')).toBeCloseTo(0.8, 12);
    expect(outOfScopeScore(logProbs, ['a', 'b', 'c'], null)).toBeCloseTo(0.3, 12);
    expect(outOfScopeScore(Float64Array.of(0), ['oos'], 'oos')).toBe(1);
  });
});

describe('toClassification', () => {
  it('names the best label and the likeliest others, best first, with probabilities', () => {
    const { label, alternatives, outOfScope } = classify([1, 4, 2, 3, 0]);
    expect(label).toBe('transfer');
    expect(outOfScope).toBe(false);
    expect(alternatives.map((each) => each.label)).toEqual(['transfer', 'new', 'block', 'balance', 'oos']);
    expect(alternatives.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 9);
  });

  it('takes the first of labels that are equally likely', () => {
    expect(classify([2, 2, 2, 2, 2]).label).toBe('balance');
  });

  it('may name the out-of-scope label, and says so', () => {
    expect(classify([0, 0, 0, 0, 9])).toMatchObject({ label: 'oos', outOfScope: true });
  });

  it('calls a text out of scope by its score while it keeps the best label', () => {
    const unsure = [1, 1.1, 1, 1, 1];
    expect(classify(unsure, { outOfScopeThreshold: 0.7 })).toMatchObject({ label: 'transfer', outOfScope: true });
    expect(classify(unsure, { outOfScopeThreshold: 0.9 })).toMatchObject({ label: 'transfer', outOfScope: false });
  });

  it('reads a best label outside the sub-domain as out of scope, and lists the labels inside', () => {
    const narrowed = classify([9, 8, 2, 3, 1], { within: ['block', 'new'] });
    expect(narrowed).toMatchObject({ label: 'oos', outOfScope: true });
    expect(names(narrowed)).toEqual(['new', 'block', 'oos']);
  });

  it('keeps a best label inside the sub-domain', () => {
    expect(classify([1, 2, 9, 3, 4], { within: ['block', 'new'] })).toMatchObject({
      label: 'block',
      outOfScope: false,
    });
  });

  it('names the best label of the sub-domain where there is no out-of-scope label', () => {
    const narrowed = classify([9, 8, 2, 3, 1], { within: ['block', 'new'], outOfScopeLabel: null });
    expect(narrowed).toMatchObject({ label: 'new', outOfScope: true });
  });

  it('lists labels of the sub-domain even when none is among the five likeliest of all', () => {
    const many = Array.from({ length: 20 }, (_, i) => `l${i}`);
    const logProbs = logSoftmax(many.map((_, i) => -i));
    const narrowed = toClassification({
      labels: many,
      logProbs,
      outOfScopeLabel: null,
      outOfScopeThreshold: Infinity,
      within: ['l18', 'l17'],
    });
    expect(narrowed.alternatives.map(({ label }) => label)).toEqual(['l17', 'l18']);
    expect(narrowed).toMatchObject({ label: 'l17', outOfScope: true });
  });

  const question = fc.integer({ min: 1, max: 12 }).chain((count) =>
    fc.record({
      logits: fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: count + 1, maxLength: count + 1 }),
      inside: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      truth: fc.nat(count),
      threshold: fc.double({ min: 0, max: 1, noNaN: true }),
      hasForeign: fc.boolean(),
    }),
  );

  it('is right in a sub-domain whenever it is right in the whole domain', () => {
    fc.assert(
      fc.property(question, ({ logits, inside, truth, threshold }) => {
        const all = [...inside.map((_, i) => `l${i}`), 'oos'];
        const within = all.filter((_, i) => inside[i]);
        const input = {
          labels: all,
          logProbs: logSoftmax(logits),
          outOfScopeLabel: 'oos',
          outOfScopeThreshold: threshold,
        };
        const full = toClassification({ ...input, within: undefined });
        const narrowed = toClassification({ ...input, within });
        const right = all[truth]!;
        const rightInside = within.includes(right) ? right : 'oos';
        if (full.label === right) expect(narrowed.label).toBe(rightInside);
        if (full.outOfScope) expect(narrowed.outOfScope).toBe(true);
      }),
    );
  });

  it('lists at most five labels, likeliest first, all allowed and the answer among them', () => {
    fc.assert(
      fc.property(question, fc.boolean(), ({ logits, inside, threshold, hasForeign }, narrow) => {
        const all = [...inside.map((_, i) => `l${i}`), 'oos'];
        const within = narrow ? all.filter((_, i) => inside[i]) : undefined;
        const { label, alternatives } = toClassification({
          labels: all,
          logProbs: logSoftmax(logits),
          outOfScopeLabel: hasForeign ? 'oos' : null,
          outOfScopeThreshold: threshold,
          within,
        });
        const scores = alternatives.map(({ score }) => score);
        expect(scores.length).toBeLessThanOrEqual(5);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(alternatives.map((each) => each.label)).toContain(label);
        const strangers = alternatives.filter((each) => within && !within.includes(each.label) && each.label !== label);
        expect(strangers.every((each) => hasForeign && each.label === 'oos')).toBe(true);
      }),
    );
  });
});
