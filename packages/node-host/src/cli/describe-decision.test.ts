import type { PromotionDecision } from '@terrace/core/deltas';
import { expect, it } from 'vitest';
import { describeDecision } from './describe-decision.js';

const comparison = {
  accuracy: { value: 0.031, interval: [0.012, 0.05], rows: 400 },
  subDomains: { cards: { value: -0.1, interval: [-0.2, -0.01], rows: 40 } },
  costRatio: 0.5,
} as const;

it.each<[PromotionDecision, string]>([
  [
    { kind: 'promote', reason: 'first', comparison },
    'better than nothing: 3.1 % (1.2 to 5.0 %, 400 rows) right, and nothing is in force',
  ],
  [
    { kind: 'promote', reason: 'better', comparison },
    'better than what is in force: +3.1 points (1.2 to 5.0, 400 rows)',
  ],
  [
    { kind: 'promote', reason: 'equal-and-cheaper', comparison },
    'as good as what is in force, +3.1 points (1.2 to 5.0, 400 rows), at 50.0 % of its cost',
  ],
  [{ kind: 'keep', reason: 'worse', comparison }, 'worse than what is in force: +3.1 points (1.2 to 5.0, 400 rows)'],
  [
    { kind: 'keep', reason: 'sub-domain-worse', subDomain: 'cards', comparison },
    'worse in the sub-domain "cards": -10.0 points (-20.0 to -1.0, 40 rows); +3.1 points (1.2 to 5.0, 400 rows) in all',
  ],
  [
    { kind: 'keep', reason: 'not-better', comparison },
    'not better than what is in force for sure: +3.1 points (1.2 to 5.0, 400 rows), at 50.0 % of its cost',
  ],
  [
    { kind: 'keep', reason: 'no-better-than-guessing', comparison },
    'no better than guessing: 3.1 % (1.2 to 5.0 %, 400 rows) right',
  ],
  [{ kind: 'keep', reason: 'too-few-rows', comparison }, 'too few rows to tell: +3.1 points (1.2 to 5.0, 400 rows)'],
])('says a decision with its numbers', (decision, sentence) => {
  expect(describeDecision(decision)).toBe(sentence);
});

it('says when there is nothing to compare by', () => {
  const none = { accuracy: { value: 0, interval: [-1, 1], rows: 0 }, subDomains: {}, costRatio: 1 } as const;
  expect(describeDecision({ kind: 'keep', reason: 'not-better', comparison: none })).toBe(
    'not better than what is in force for sure: there are no rows that neither was fitted on, at 100.0 % of its cost',
  );
});
