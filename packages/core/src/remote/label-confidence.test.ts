import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLabel } from './classification-prompt.js';
import { labelConfidence } from './label-confidence.js';

const encoder = new TextEncoder();

interface Written {
  readonly token: string;
  readonly p: number;
  readonly bytes?: number[];
  readonly others?: readonly (readonly [string, number])[];
}

const logprobsOf = (tokens: readonly Written[]) =>
  tokens.map(({ token, p, bytes, others }) => ({
    token,
    logprob: Math.log(p),
    ...(bytes && { bytes }),
    ...(others && { top_logprobs: others.map(([other, q]) => ({ token: other, logprob: Math.log(q) })) }),
  }));

function confidenceOf(
  tokens: readonly Written[],
  labels: readonly string[],
  content = tokens.map(({ token }) => token).join(''),
) {
  const found = readLabel(content);
  if (!found) throw new Error('no label');
  return labelConfidence(logprobsOf(tokens), content, found, labels);
}

const before: Written = { token: '{"label":"', p: 0.5 };
const after: Written = { token: '"}', p: 0.5 };

describe('the confidence of a label', () => {
  it('is the product over the tokens that its letters are in, and no others', () => {
    const tokens = [before, { token: 'card', p: 0.8 }, { token: '_lost', p: 0.5 }, after];
    expect(confidenceOf(tokens, ['card_lost', 'pay'])).toBeCloseTo(0.4, 12);
  });

  it('counts a token that letters and quotes share', () => {
    const tokens = [
      { token: '{"label', p: 0.9 },
      { token: '":"card', p: 0.7 },
      { token: '_lost"}', p: 0.6 },
    ];
    expect(confidenceOf(tokens, ['card_lost'])).toBeCloseTo(0.42, 12);
  });

  it('counts the closing quote only where another label begins alike', () => {
    const tokens = [before, { token: 'pay', p: 0.8 }, { ...after, p: 0.5 }];
    expect(confidenceOf(tokens, ['pay', 'cancel'])).toBeCloseTo(0.8, 12);
    expect(confidenceOf(tokens, ['pay', 'pay_bill'])).toBeCloseTo(0.4, 12);
  });

  it('counts a closing quote in whatever form it might have been written', () => {
    const others: Written['others'] = [
      ['"}', 0.5],
      ['"\n}', 0.3],
      ['_bill', 0.2],
    ];
    const tokens = [before, { token: 'pay', p: 0.8 }, { token: '"}', p: 0.5, others }];
    expect(confidenceOf(tokens, ['pay', 'pay_bill'])).toBeCloseTo(0.64, 12);
  });

  it('is right for letters whose bytes are in several tokens', () => {
    const [first, second] = encoder.encode('ü');
    const tokens: Written[] = [
      { token: '{"label":"gr', p: 0.9, bytes: [...encoder.encode('{"label":"gr')] },
      { token: '\\xc3', p: 0.5, bytes: [first!] },
      { token: '\\xbc', p: 0.9, bytes: [second!] },
      { token: 'n', p: 0.8, bytes: [...encoder.encode('n')] },
      { token: '"}', p: 0.1, bytes: [...encoder.encode('"}')] },
    ];
    expect(confidenceOf(tokens, ['grün'], '{"label":"grün"}')).toBeCloseTo(0.9 * 0.5 * 0.9 * 0.8, 12);
  });

  it('is right for an answer that is nothing but the label', () => {
    expect(
      confidenceOf(
        [
          { token: 'card', p: 0.8 },
          { token: '_lost', p: 0.5 },
        ],
        ['card_lost'],
      ),
    ).toBeCloseTo(0.4, 12);
  });

  it('leaves out tokens behind the answer', () => {
    const tokens = [before, { token: 'pay', p: 0.8 }, after, { token: '<|end|>', p: 0.1 }];
    expect(confidenceOf(tokens, ['pay'], '{"label":"pay"}')).toBeCloseTo(0.8, 12);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['empty', []],
    ['not a list', { token: 'a' }],
    ['not numbers', [{ token: '{"label":"pay"}', logprob: 'high' }]],
    ['null inside', [{ token: '{"label":"pay"}', logprob: null }]],
    ['greater than 1', [{ token: '{"label":"pay"}', logprob: 3 }]],
    ['of another answer', [{ token: '{"label":"cancel"}', logprob: -1 }]],
    ['too many', Array.from({ length: 20_000 }, () => ({ token: '', logprob: 0 }))],
  ])('is unknown where log-probabilities are %s', (_, logprobs) => {
    const content = '{"label":"pay"}';
    expect(labelConfidence(logprobs, content, readLabel(content)!, ['pay'])).toBeUndefined();
  });

  it('is a probability, however the answer is cut into tokens', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 12 }),
        cuts,
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (text, at, p) => {
          const label = text.trim();
          fc.pre(label !== '');
          const content = JSON.stringify({ label });
          const bounds = [0, ...at.map((cut) => cut % content.length), content.length].toSorted((a, b) => a - b);
          const tokens = bounds.slice(1).map((end, i) => ({ token: content.slice(bounds[i], end), p }));
          const confidence = confidenceOf(tokens, [label], content)!;
          expect(confidence).toBeGreaterThan(0);
          expect(confidence).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
