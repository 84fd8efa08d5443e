import { exampleStanding as standing } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { describeBudgets } from './describe-budget.js';

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
