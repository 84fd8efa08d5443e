import { describe, expect, it } from 'vitest';
import { createFormat } from '../i18n/format.js';
import { TEACH_EN } from '../i18n/teach-en.js';
import { TEACH_JA } from '../i18n/teach-ja.js';
import type { Decision } from './taught.js';
import { tellDecision } from './tell-decision.js';
import { tellFinding } from './tell-finding.js';

const english = { texts: TEACH_EN, format: createFormat('en'), language: 'en' } as const;
const japanese = { texts: TEACH_JA, format: createFormat('ja'), language: 'ja' } as const;

describe('what became of a fit, in words', () => {
  const comparison = {
    accuracy: { value: -0.031, interval: [-0.06, -0.0042], rows: 1200 },
    subDomains: {},
    costRatio: 1,
  } as const;
  const worse: Decision = { kind: 'keep', reason: 'worse', comparison };

  it('is the verdict, the reason, and the numbers that decided it', () => {
    expect(tellDecision({ decision: worse, promoted: false }, english)).toEqual({
      verdict: 'Kept, and not in use: what was there answers as before.',
      reason: 'It is worse than what is there.',
      difference: '-3.1 percentage points (-6 to -0.4 with 95 % certainty), on 1,200 examples it had not learnt from.',
    });
    expect(tellDecision({ decision: worse, promoted: false }, japanese).difference).toContain('-3.1 ポイント');
  });

  it('names the part of the domain that got worse', () => {
    const decision: Decision = { kind: 'keep', reason: 'sub-domain-worse', subDomain: 'cards', comparison };
    expect(tellDecision({ decision, promoted: false }, english).reason).toBe(
      'It is worse than what is there in one part: cards.',
    );
  });

  it('tells no difference where no example was left to find one', () => {
    const accuracy = { value: 0, interval: [-1, 1], rows: 0 } as const;
    const decision: Decision = { kind: 'keep', reason: 'too-few-rows', comparison: { ...comparison, accuracy } };
    expect(tellDecision({ decision, promoted: false }, english).difference).toBeUndefined();
  });

  it('compares with nothing where nothing was, and says that the same was taught twice', () => {
    const first: Decision = { kind: 'promote', reason: 'first', comparison };
    expect(tellDecision({ decision: first, promoted: true }, english)).toMatchObject({
      verdict: 'Taught. The new one answers from now on.',
      difference: undefined,
    });
    expect(tellDecision({ decision: { ...first, reason: 'better' }, promoted: false }, english)).toEqual({
      verdict: 'Nothing has changed: it was taught exactly this before.',
      reason: undefined,
      difference: undefined,
    });
  });
});

describe('what the data gate found, in words', () => {
  it('has the lines, some of many, and one to go to', () => {
    const lines = Array.from({ length: 11 }, (_, i) => i + 2);
    expect(tellFinding({ kind: 'duplicate', lines, label: 'order' }, english)).toEqual({
      sentence: 'The same text stands in lines 2, 3, 4, 5, 6, 7, 8, 9 and 3 more, as “order”.',
      line: 12,
    });
    expect(tellFinding({ kind: 'contradiction', lines: [3, 9], labels: ['a', 'b'] }, japanese)).toEqual({
      sentence: '3、9 行目は同じかほぼ同じ文で、ラベルが違います: a, b。',
      line: 3,
    });
  });

  it('suggests the label that a text reads like', () => {
    const finding = { kind: 'label-error', line: 7, label: 'order', suggested: 'warranty', margin: 0.8 } as const;
    expect(tellFinding(finding, english)).toEqual({
      sentence: 'Line 7 says “order”, and reads like “warranty”.',
      line: 7,
    });
  });

  it('tells of labels with few or many examples, which no line can help', () => {
    expect(tellFinding({ kind: 'few-examples', label: 'rare', rows: 2 }, english)).toEqual({
      sentence: '“rare” has only 2: five or more are better.',
      line: undefined,
    });
    expect(tellFinding({ kind: 'imbalance', ratio: 24.4, largest: 'a', smallest: 'b' }, english).sentence).toBe(
      '“a” has 24 times as many examples as “b”.',
    );
  });
});
