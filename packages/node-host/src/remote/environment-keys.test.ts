import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentKeys, keyVariable } from './environment-keys.js';

const keyFor = (origin: string, env: Record<string, string>) => environmentKeys(env)({ endpointId: 'e', origin });

describe('the variable of a key', () => {
  it.each([
    ['https://api.example.com', 'TERRACE_KEY_API_EXAMPLE_COM'],
    ['https://api.example.com:443', 'TERRACE_KEY_API_EXAMPLE_COM'],
    ['https://api.example.com:8443', 'TERRACE_KEY_API_EXAMPLE_COM_8443'],
    ['http://site', 'TERRACE_KEY_SITE'],
    ['http://10.0.0.7:8080', 'TERRACE_KEY_10_0_0_7_8080'],
    ['http://[::1]:8080', 'TERRACE_KEY___1_8080'],
    ['https://API.Example.com', 'TERRACE_KEY_API_EXAMPLE_COM'],
    ['https://api-example.com', 'TERRACE_KEY_API__EXAMPLE_COM'],
  ])('of %s is %s', (origin, variable) => {
    expect(keyVariable(origin)).toBe(variable);
  });

  it('is another for every host that can be registered', () => {
    const label = fc
      .stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
      .filter((text) => !text.startsWith('xn--') && /[a-z]/.test(text));
    const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => `https://${labels.join('.')}`);
    fc.assert(
      fc.property(host, host, (a, b) => {
        fc.pre(URL.canParse(a) && URL.canParse(b) && a !== b);
        expect(keyVariable(a)).not.toBe(keyVariable(b));
      }),
    );
  });
});

describe('keys from the environment', () => {
  it('belong to one host and port', () => {
    const env = { TERRACE_KEY_API_EXAMPLE_COM: ' secret\n' };
    expect(keyFor('https://api.example.com', env)).toBe('secret');
    for (const origin of ['https://api.example.com:8443', 'https://example.com', 'https://api-example.com'])
      expect(keyFor(origin, env)).toBeUndefined();
  });

  it('are none where the variable is empty', () => {
    expect(keyFor('https://a.example', { TERRACE_KEY_A_EXAMPLE: ' ' })).toBeUndefined();
    expect(keyFor('http://a.example', {})).toBeUndefined();
  });

  it.each([
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'http://10.1.2.3',
    'http://172.31.0.1',
    'http://192.168.1.10:9000',
    'http://169.254.3.4',
    'http://[fd12::1]',
    'http://[fe80::1]',
    'http://[::ffff:10.0.0.1]',
    'http://plant',
    'http://plant.local',
    'http://plant.internal.',
    'http://api.localhost',
  ])('go over %s, which stays within the site', (origin) => {
    expect(keyFor(origin, { [keyVariable(origin)]: 'secret' })).toBe('secret');
  });

  it.each([
    'http://api.example.com',
    'http://8.8.8.8',
    'http://172.32.0.1',
    'http://[2001:db8::1]',
    'http://[::ffff:8.8.8.8]',
    'http://local.example.com',
    'http://example.notlocal',
  ])('do not go over %s unless that is allowed', (origin) => {
    const env = { [keyVariable(origin)]: 'secret' };
    const refusal = (() => {
      try {
        return keyFor(origin, env);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toMatchObject({ code: 'ENDPOINT_REFUSED', facts: { variable: keyVariable(origin) } });
    expect(JSON.stringify([refusal, String(refusal)])).not.toContain('secret');
    expect(keyFor(origin, { ...env, TERRACE_ALLOW_HTTP_KEYS: '1' })).toBe('secret');
  });
});
