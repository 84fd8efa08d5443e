import type { BudgetLimit } from '@terrace/core/budget';
import { expect, it } from 'vitest';
import { describeForecasts } from './describe-forecast.js';

const limit: BudgetLimit = { scope: {}, period: 'month', unit: 'usd', limit: 20, whenSpent: 'local', alertAt: [] };
const toWallMs = Date.UTC(2027, 4, 1);
const standing = { id: 'month/usd', limit, fromWallMs: 0, toWallMs, spent: 9, reserved: 0.5, left: 10.5 };

it('says what is expected, how sure that is and when it is spent', () => {
  const forecast = {
    expected: 24.5,
    low: 18.25,
    high: 31,
    spentAtWallMs: Date.UTC(2027, 3, 22, 14),
    overrunProbability: 0.821,
    basisHours: 300,
  };
  expect(describeForecasts([{ standing, forecast }])).toBe(
    `budget     limit        spent so far  expected  90 % interval        ends              overrun  spent at
month/usd  20USD/month  9.5 USD       24.5 USD  18.25 USD to 31 USD  2027-05-01 00:00  82.1 %   2027-04-22 14:00`,
  );
  const thin = { ...forecast, spentAtWallMs: undefined, basisHours: 5 };
  expect(describeForecasts([{ standing, forecast: thin }])).toMatch(/lasts\nLess than a day of spending is known/);
});

it('gives no date for what is spent already', () => {
  const forecast = { expected: 40, low: 30, high: 50, spentAtWallMs: 0, overrunProbability: 1, basisHours: 300 };
  expect(describeForecasts([{ standing: { ...standing, spent: 21 }, forecast }])).toMatch(/100\.0 % +already$/);
});

it('says where there is nothing to go by', () => {
  expect(describeForecasts([{ standing, forecast: undefined }])).toContain('unknown   no full hour of spending yet');
});
