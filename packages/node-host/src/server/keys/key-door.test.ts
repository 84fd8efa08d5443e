import { createFakeClock } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { createKeyDoor } from './key-door.js';
import { hashToken, makeToken, type ServerKey } from './server-key.js';

function setUp(changes: Partial<ServerKey> = {}) {
  const token = makeToken();
  const clock = createFakeClock();
  const hash = hashToken(token).toString('hex');
  const key: ServerKey = { name: 'phone', hash, createdAt: new Date(0).toISOString(), ...changes };
  const other: ServerKey = { ...key, name: 'other', hash: hashToken(makeToken()).toString('hex') };
  let keys: readonly ServerKey[] = [other, key];
  const door = createKeyDoor(() => keys, clock);
  const refusal = (authorization: string | undefined): unknown => {
    try {
      return door.admit(authorization);
    } catch (error) {
      return error;
    }
  };
  return { token, clock, door, refusal, replace: (next: readonly ServerKey[]) => (keys = next), key };
}

describe('the door', () => {
  it('lets in who brings a key, with what the key may do', () => {
    const { door, token } = setUp({ models: ['base'], residency: 'site' });
    const access = { key: 'phone', models: ['base'], residency: 'site' };
    expect(door.admit(`Bearer ${token}`)).toEqual(access);
    expect(door.admit(`bearer  ${token}`)).toEqual(access);
    expect(setUp().door.admit).toBeTypeOf('function');
  });

  it('is open as long as nothing says who has a key, and closed by the first list, also an empty one', () => {
    const file: { keys?: readonly ServerKey[] } = {};
    const door = createKeyDoor(() => file.keys, createFakeClock());
    expect(door.admit('Bearer anything')).toEqual({ key: undefined, models: undefined, residency: 'cloud' });
    file.keys = [];
    expect(() => door.admit('Bearer anything')).toThrow('not one of this server');
  });

  it('lets in nobody else', () => {
    const { refusal, token } = setUp();
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer ${'x'.repeat(9999)}`,
    ];
    for (const authorization of wrong) {
      expect(refusal(authorization)).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
      expect(JSON.stringify(refusal(authorization))).not.toContain(token);
    }
    expect(refusal(undefined)).toMatchObject({ headers: { 'www-authenticate': 'Bearer realm="terrace"' } });
  });

  it('lets a key in until it expires', () => {
    const { refusal, token, clock } = setUp({ expiresAt: new Date(createFakeClock().wallMs() + 10).toISOString() });
    expect(refusal(`Bearer ${token}`)).toMatchObject({ key: 'phone' });
    clock.advance(10);
    expect(refusal(`Bearer ${token}`)).toMatchObject({ status: 401, message: 'The key has expired.' });
  });

  it('slows down a key that asks too often, and forgets nothing of it when the keys are read again', () => {
    const { refusal, token, clock, replace, key } = setUp({ requestsPerMinute: 2 });
    const ask = (): unknown => refusal(`Bearer ${token}`);
    expect([ask(), ask()]).toMatchObject([{ key: 'phone' }, { key: 'phone' }]);
    replace([{ ...key }]);
    expect(ask()).toMatchObject({ status: 429, code: 'RATE_LIMITED', headers: { 'retry-after': '30' } });
    clock.advance(30_000);
    expect(ask()).toMatchObject({ key: 'phone' });
  });

  it('knows a removed key no more', () => {
    const { refusal, token, replace } = setUp();
    expect(refusal(`Bearer ${token}`)).toMatchObject({ key: 'phone' });
    replace([]);
    expect(refusal(`Bearer ${token}`)).toMatchObject({ status: 401 });
  });
});
