import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddingAnswer, labelAnswer, matchLabel, scoresAnswer } from './reply-values.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

function scoresOf(values: readonly unknown[], labels: readonly string[], own?: readonly string[]): Float64Array {
  const answer = scoresAnswer('e', values, labels, own);
  if (answer.kind !== 'scores') throw new Error('not scores');
  return answer.logProbs;
}

describe('an embedding', () => {
  it('has unit length, and keeps its direction', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 50 }), (values) => {
        fc.pre(values.some((value) => Math.abs(value) > 1e-200));
        const answer = embeddingAnswer('e', values);
        if (answer.kind !== 'embedding') throw new Error('not an embedding');
        expect(Math.hypot(...answer.vector)).toBeCloseTo(1, 5);
        const largest = values.findIndex((value) => Math.abs(value) === Math.max(...values.map(Math.abs)));
        expect(Math.sign(answer.vector[largest]!)).toBe(Math.sign(values[largest]!));
      }),
    );
  });

  it.each([
    [[]],
    [[0, 0]],
    [[1, NaN]],
    [[1, Infinity]],
    [[1, '2']],
    [[1, null]],
    [[1, [2]]],
    [new Array(70_000).fill(1)],
  ])('is refused when it has no direction (%#)', (values: unknown[]) => {
    expect(() => embeddingAnswer('e', values)).toThrow('cannot be used');
  });
});

describe('scores', () => {
  const labels = ['a', 'b', 'c'];

  it('become a distribution over the labels, in the order of what came', () => {
    const logits = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(logits, (values) => {
        const logProbs = scoresOf(values, labels);
        expect(logProbs.reduce((sum, each) => sum + Math.exp(each), 0)).toBeCloseTo(1, 9);
        for (let i = 1; i < 3; i++)
          if (values[i]! - values[i - 1]! > 1e-9) expect(logProbs[i]!).toBeGreaterThan(logProbs[i - 1]!);
      }),
    );
  });

  it('are the same as logits, log-probabilities and probabilities', () => {
    const logits = [3, 0.5, -1];
    const logProbs = scoresOf(logits, labels);
    const probabilities = [...logProbs].map(Math.exp);
    for (const form of [[...logProbs], probabilities])
      scoresOf(form, labels).forEach((each, i) => expect(each).toBeCloseTo(logProbs[i]!, 9));
  });

  it('stay finite where a probability was rounded to 0', () => {
    expect([...scoresOf([1, 0, 0], labels)].every(Number.isFinite)).toBe(true);
  });

  it('are put in the order of the labels that were asked for', () => {
    const logProbs = scoresOf([1, 2, 3], labels, ['c', 'a', 'b']);
    expect([...logProbs]).toEqual([...scoresOf([2, 3, 1], labels)]);
  });

  it.each([
    ['too few', [1, 2], labels],
    ['too many', [1, 2, 3, 4], labels],
    ['not numbers', [1, 2, '3'], labels],
    ['not finite', [1, 2, NaN], labels],
    ['of other labels', [1, 2, 3], ['a', 'b', 'x']],
  ])('are refused when they are %s', (_, values, own) => {
    expect(() => scoresOf(values, labels, own)).toThrow('cannot be used');
  });
});

describe('a label', () => {
  const labels = ['book flight', 'Cancel', 'CANCEL', 'Pay'];

  it.each([
    ['book flight', 'book flight'],
    [' book flight\n', 'book flight'],
    ['Book Flight', 'book flight'],
    ['pay', 'Pay'],
    ['CANCEL', 'CANCEL'],
    ['cancel', undefined],
    ['book', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('"%s" is meant as %s', (said, label) => {
    expect(matchLabel(said, labels)).toBe(label);
  });

  it('that was invented is refused, and not repeated', () => {
    const invent = (): unknown => labelAnswer('e', 'made-up', labels, 0.9);
    expect(invent).toThrow(
      expect.objectContaining({ code: 'REMOTE_ANSWER_INVALID', facts: { endpoint: 'e', fault: 'label' } }),
    );
    expect(invent).not.toThrow(/made-up/);
  });

  it('has a confidence between 0 and 1, or none', () => {
    for (const [given, kept] of [
      [0.4, 0.4],
      [0, 0],
      [1, 1],
      [1.2, undefined],
      [-0.1, undefined],
      [NaN, undefined],
    ])
      expect(labelAnswer('e', 'Pay', labels, given)).toMatchObject({ label: 'Pay', confidence: kept });
  });
});
