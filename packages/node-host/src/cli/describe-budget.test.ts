import type { BudgetStanding } from '@terrace/core/budget';
import { expect, it } from 'vitest';
import { describeBudgets } from './describe-budget.js';

const standing = (changes: Partial<BudgetStanding> = {}): BudgetStanding => ({
  id: 'month/usd',
  limit: { scope: {}, period: 'month', unit: 'usd', limit: 20, whenSpent: 'local', alertAt: [] },
  fromWallMs: Date.UTC(2026, 10, 1),
  toWallMs: Date.UTC(2026, 11, 1),
  spent: 16.5,
  reserved: 0,
  left: 3.5,
  ...changes,
});

it('says how a budget stands in one line', () => {
  const ofRequest = { ...standing().limit, period: 'request' as const };
  const none = { fromWallMs: undefined, toWallMs: undefined };
  const text = describeBudgets([standing(), standing({ id: 'request/usd', limit: ofRequest, ...none })]);
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/^budget +limit +spent +held +left +begins anew +once it is spent$/),
    expect.stringMatching(
      /^month\/usd +20USD\/month +16\.5 USD +0 USD +3\.5 USD +2026-12-01 00:00 +nothing that costs/,
    ),
    expect.stringMatching(/^request\/usd +20USD\/request +with each request +nothing that costs/),
  ]);
});
