import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, mayUse, tighter } from './access.js';
import { addressed } from './testing/keyed-server.js';

describe('access', () => {
  it.each([
    [['base'], 'base', true],
    [['base'], 'base:bank', false],
    [['base*'], 'base:bank', true],
    [['terrace/auto:bank'], 'terrace/auto:bank', true],
    [['auto:*'], 'terrace/auto:bank', true],
    [['terrace/auto:*'], 'base:bank', false],
    [['*'], 'anything', true],
  ])('with %j: %s is %s', (models, name, allowed) => {
    expect(mayUse({ ...EVERYTHING, models }, name)).toBe(allowed);
  });

  it('takes the nearer of two placements, whichever comes first', () => {
    const placement = fc.constantFrom('device', 'site', 'cloud');
    fc.assert(
      fc.property(placement, placement, (a, b) => {
        expect(tighter(a, b)).toBe(tighter(b, a));
        expect([a, b]).toContain(tighter(a, b));
        if (a === 'device' || b === 'device') expect(tighter(a, b)).toBe('device');
      }),
    );
  });
});

describe('a server with keys', () => {
  const ask = { text: 'how much is left', domain: 'bank' };

  it('answers with a key only, but for whether it is there', async () => {
    const { get, post } = await addressed();
    expect((await post(ask)).statusCode).toBe(200);
    expect((await post(ask, { authorization: 'Bearer no' })).statusCode).toBe(401);
    const paths = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/nothing'];
    expect(await Promise.all(paths.map((url) => get(url)))).toEqual([200, 200, 401, 401, 401]);
  });

  it('keeps a key to its models and its residency', async () => {
    const { post, asked } = await addressed({ models: ['nano:bank'], residency: 'site' });
    const refused = await post(ask);
    expect([refused.statusCode, refused.json().error.code]).toEqual([403, 'FORBIDDEN']);
    for (const residency of [undefined, 'device', 'cloud'])
      await post({ ...ask, policy: 'nano', ...(residency && { residency }) });
    expect(asked.map(({ input }) => input.residency)).toEqual(['site', 'device', 'site']);
    expect((await post({ ...ask, policy: 'no such' })).statusCode).toBe(403);
  });

  it('ignores keys where it has none', async () => {
    const { post } = await addressed('none');
    expect((await post(ask, { authorization: 'Bearer sk-whatever' })).statusCode).toBe(200);
  });
});
