import { InvalidRequestError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { cacheOptions } from './cache-settings.js';

describe('the cache of a server', () => {
  it('is on where nobody says anything', () => {
    expect(cacheOptions({ cache: true }, undefined, {})).toEqual({});
  });

  it.each([
    [{ cache: false }, undefined, {}],
    [{ cache: true }, false, {}],
    [{ cache: true }, undefined, { TERRACE_CACHE: 'off' }],
    [{ cache: true }, { bytes: '1MiB' }, { TERRACE_CACHE: '0' }],
    [{ cache: false }, true, { TERRACE_CACHE: 'on' }],
  ] as const)('is off where one says so that counts: %j %j %j', (flags, config, environment) => {
    expect(cacheOptions(flags, config, environment)).toBe(false);
  });

  it('is as flags say, then the environment, then the file', () => {
    const config = { bytes: '1MiB', ttl: '1h', semantic: '5%', memoryOnly: true };
    const environment = { TERRACE_CACHE: 'on', TERRACE_CACHE_BYTES: '2MiB', TERRACE_CACHE_TTL: '2h' };
    expect(cacheOptions({ cacheBytes: 3 }, config, environment)).toEqual({
      maxBytes: 3,
      ttlMs: 7_200_000,
      semantic: { maxWrongHitRate: 0.05 },
      memoryOnly: true,
    });
    expect(cacheOptions({}, false, environment)).toEqual({ maxBytes: 2 * 2 ** 20, ttlMs: 7_200_000 });
    expect(cacheOptions({ semanticCache: 0.01 }, config, { TERRACE_SEMANTIC_CACHE: '2%' })).toMatchObject({
      semantic: { maxWrongHitRate: 0.01 },
    });
  });

  it.each([0, 1])('does not promise what means nothing: %d', (semanticCache) => {
    expect(() => cacheOptions({ semanticCache }, undefined, {})).toThrow(InvalidRequestError);
  });
});
