import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.js';

const NOW = Date.parse('2030-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['Tue, 01 Jan 2030 00:00:20 GMT', 20_000],
    ['Tue, 01 Jan 2019 00:00:00 GMT', 0],
    ['999999999999999999999', 3_600_000],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 3_600_000],
  ])('"%s" asks to wait %d ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });

  it.each([undefined, '', 'soon', '-5', '1.5', '1e3', '0x10', '7 seconds', 'Infinity'])(
    '%s asks for nothing',
    (header) => {
      expect(retryAfterMs(header, NOW)).toBeUndefined();
    },
  );

  it('is between 0 and an hour, whatever is written', () => {
    const written = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(written, (header) => {
        const ms = retryAfterMs(header, NOW) ?? 0;
        expect(ms >= 0 && ms <= 3_600_000).toBe(true);
      }),
    );
  });
});
