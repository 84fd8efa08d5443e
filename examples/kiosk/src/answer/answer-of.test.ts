import type { Result } from '@terrace/browser-host';
import { describe, expect, it } from 'vitest';
import { answerOf } from './answer-of.js';

const result = (label: string, verdict: Partial<Result['verdict']>, outOfScope = false) => ({
  output: {
    kind: 'classification' as const,
    label,
    outOfScope,
    alternatives: [label, 'oos', 'b', 'c', 'd'].map((each) => ({ label: each, score: 0.2 })),
  },
  verdict: {
    kind: 'accept' as const,
    reason: 'top' as const,
    calibrated: true,
    certificate: undefined,
    degraded: undefined,
    ...verdict,
  },
});

describe('the answer to a question', () => {
  it('is the label that was accepted', () => {
    expect(answerOf(result('weather', {}), 'oos')).toEqual({ kind: 'answered', label: 'weather', isUnusual: false });
    expect(answerOf(result('weather', {}, true), 'oos')).toMatchObject({ kind: 'answered', isUnusual: true });
  });

  it('names the likeliest, and never the label for foreign texts, when nothing was accepted', () => {
    const unsure = answerOf(result('weather', { kind: 'abstain', reason: 'confidence' }), 'oos');
    expect(unsure).toEqual({ kind: 'unsure', candidates: ['weather', 'b', 'c'] });
  });

  it('says that a text belongs to no label, however sure of that', () => {
    expect(answerOf(result('oos', {}, true), 'oos')).toEqual({ kind: 'out-of-scope' });
    expect(answerOf(result('oos', { kind: 'abstain', reason: 'confidence' }), 'oos')).toEqual({ kind: 'out-of-scope' });
  });

  it('says that a text cannot be read before it says anything of its meaning', () => {
    expect(answerOf(result('oos', { kind: 'abstain', reason: 'language' }), 'oos')).toEqual({ kind: 'unreadable' });
  });
});
