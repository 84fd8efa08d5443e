import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseLimit, printAmount, printLimit } from './parse-limit.js';

it.each([
  ['20/month', { limit: 20, unit: 'usd', period: 'month' }],
  ['$5/day', { limit: 5, unit: 'usd', period: 'day' }],
  [' 0.01 usd / request ', { limit: 0.01, unit: 'usd', period: 'request' }],
  ['.5USD/hour', { limit: 0.5, unit: 'usd', period: 'hour' }],
  ['0/month', { limit: 0, unit: 'usd', period: 'month' }],
  ['100MiB/day', { limit: 100 * 2 ** 20, unit: 'bytes', period: 'day' }],
  ['2kb/HOUR', { limit: 2000, unit: 'bytes', period: 'hour' }],
  ['3.6MJ/month', { limit: 3.6e6, unit: 'joules', period: 'month' }],
  ['1kWh/month', { limit: 3.6e6, unit: 'joules', period: 'month' }],
  ['500j/request', { limit: 500, unit: 'joules', period: 'request' }],
])('reads %s', (text, limit) => {
  expect(parseLimit(text)).toEqual(limit);
});

it.each(
  [
    ['', '20', '/month', '20/year', '20/months/', '-1/month', 'NaN/month', 'Infinity/month', '1e300/month'],
    ['20eur/month', '$5MB/day', '1.2.3/day', '20/constructor', '5 __proto__/day', '٢٠/month', `${'9'.repeat(400)}/day`],
  ].flat(),
)('refuses %j, and says how it is written', (text) => {
  expect(() => parseLimit(text)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', hint: expect.stringContaining('20/month') }),
  );
});

it('prints every limit as it is read', () => {
  const limit = fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.integer({ min: 0, max: 1e9 }));
  fc.assert(
    fc.property(
      limit,
      fc.constantFrom('usd' as const, 'bytes' as const, 'joules' as const),
      fc.constantFrom('request' as const, 'hour' as const, 'day' as const, 'month' as const),
      (amount, unit, period) => {
        const given = { limit: amount + 0, unit, period };
        expect(parseLimit(printLimit(given))).toEqual(given);
      },
    ),
  );
});

it('prints what people can read', () => {
  expect(printLimit({ limit: 100 * 2 ** 20, unit: 'bytes', period: 'day' })).toBe('100MiB/day');
  expect(printLimit({ limit: 3.6e6, unit: 'joules', period: 'month' })).toBe('3.6MJ/month');
  expect(printAmount(12.3456789, 'usd')).toBe('12.35 USD');
  expect(printAmount(1234.567, 'usd')).toBe('1234.57 USD');
  expect(printAmount(0.000_123_456, 'usd')).toBe('0.0001235 USD');
  expect(printAmount(1e8, 'bytes')).toBe('95.37 MiB');
  expect(printAmount(0, 'joules')).toBe('0 J');
});
