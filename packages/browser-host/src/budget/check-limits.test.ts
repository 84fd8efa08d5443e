import { expect, it } from 'vitest';
import { checkLimits } from './check-limits.js';

const good = { scope: {}, period: 'month', unit: 'usd', limit: 20, whenSpent: 'local', alertAt: [0.8, 1] };

it('takes budgets as they are meant', () => {
  const scope = { domain: 'clinc150', tier: 'cloud' };
  expect(() => checkLimits([good, { ...good, unit: 'bytes' }])).not.toThrow();
  expect(() => checkLimits([{ ...good, limit: 0, scope }])).not.toThrow();
  expect(() => checkLimits([])).not.toThrow();
});

it.each([
  ['`scope`', { ...good, scope: undefined }],
  ['`scope`', { ...good, scope: { key: 'kiosk' } }],
  ['`scope`', { ...good, scope: { tier: '' } }],
  ['`scope`', { ...good, scope: { tier: '\uD800' } }],
  ['`period`', { ...good, period: 'week' }],
  ['`unit`', { ...good, unit: 'eur' }],
  ['`limit`', { ...good, limit: Number.NaN }],
  ['`limit`', { ...good, limit: -1 }],
  ['`limit`', { ...good, limit: Infinity }],
  ['`limit`', { ...good, limit: '20' }],
  ['`whenSpent`', { ...good, whenSpent: 'soft' }],
  ['`alertAt`', { ...good, alertAt: [80] }],
  ['`alertAt`', { ...good, alertAt: undefined }],
  ['`limits`, which means nothing', { ...good, limits: 3 }],
  ['is null', null],
  ['is "20/month"', '20/month'],
])('refuses one and says why: %s', (fault, limit) => {
  expect(() => checkLimits([limit])).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(fault),
      facts: { option: 'budgets' },
    }),
  );
});

it('refuses the same budget twice', () => {
  expect(() => checkLimits([good, { ...good, limit: 5 }])).toThrow('(month/usd) is there twice');
});
