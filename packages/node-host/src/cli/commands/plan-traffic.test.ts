import { InvalidRequestError } from '@terrace/core';
import { createFakeClock, createMemoryLedger, exampleCatalog, outcomeEntry } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parseMonthlyUsd, parseRequestRate, readTraffic } from './plan-traffic.js';

describe('what is planned for', () => {
  it('is a number of requests in a time', () => {
    expect(parseRequestRate('100000/month')).toBe(100_000);
    expect(parseRequestRate('100')).toBe(100);
    expect(parseRequestRate('1000 / day')).toBeCloseTo(30_437.5);
    expect(parseRequestRate('2/hour')).toBe(1461);
  });

  it.each(['0/month', '-5/month', '5/year', '5k/month', 'NaN', '', '1e400'])('is not "%s"', (text) => {
    expect(() => parseRequestRate(text)).toThrow(InvalidRequestError);
  });

  it('has a budget in US dollars a month', () => {
    expect(parseMonthlyUsd('20/month', 1000)).toBe(20);
    expect(parseMonthlyUsd('$1/day', 1000)).toBeCloseTo(30.4375);
    expect(parseMonthlyUsd('0.002/request', 1000)).toBe(2);
    for (const text of ['0/month', '5MiB/day', '5J/day', 'x']) {
      expect(() => parseMonthlyUsd(text, 1000)).toThrow(InvalidRequestError);
    }
  });

  it('is nothing where the ledger is empty', async () => {
    const ledger = createMemoryLedger();
    const { signal } = new AbortController();
    const asked = { ledger, catalog: exampleCatalog(), clock: createFakeClock(), domain: 'bank', signal };
    expect(await readTraffic(asked)).toEqual({
      requestsPerMonth: undefined,
      textTokens: undefined,
      accuracies: new Map(),
    });
  });

  it('is what tiers had to answer, and not what the cache did', async () => {
    const ledger = createMemoryLedger();
    const clock = createFakeClock();
    const of = { domain: 'bank', atWallMs: clock.wallMs() };
    const cache = { kind: 'exact', savedUsd: 0, savedTokens: 12, savedMs: 5 } as const;
    const again = Array.from({ length: 9 }, (_, i) =>
      outcomeEntry({ ...of, requestId: `again ${i}`, tokens: 0, cache }),
    );
    await ledger.append([outcomeEntry({ ...of, tokens: 12 }), ...again]);
    const { signal } = new AbortController();
    const traffic = await readTraffic({ ledger, catalog: exampleCatalog(), clock, domain: 'bank', signal });
    expect(traffic).toMatchObject({ requestsPerMonth: 30, textTokens: 12 });
  });
});
