import { RequestQueuedError } from '@terrace/core';
import { createFakeClock } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { HttpRefusal } from './http-refusal.js';
import { createIdempotency, IDEMPOTENCY_LIMITS, type AskedOnce } from './idempotency.js';
import type { Answer } from './server-context.js';
import { gate, startServer } from './testing/start-server.js';

const asked = (key: string, body = 'body', owner = 'phone'): AskedOnce => ({
  key,
  owner,
  route: 'POST /v1/infer',
  body: Buffer.from(body),
});
const answer = (body: string, status = 200): Answer => ({ status, headers: {}, body });

function setUp(limits = IDEMPOTENCY_LIMITS) {
  const clock = createFakeClock();
  let worked = 0;
  const work = async (): Promise<Answer> => answer(String(++worked));
  return { clock, idempotency: createIdempotency(clock, limits), work, worked: () => worked };
}

describe('a request with a name', () => {
  it('is worked on once, while it is under way and afterwards', async () => {
    const { idempotency, work } = setUp();
    const both = await Promise.all([idempotency.once(asked('a'), work), idempotency.once(asked('a'), work)]);
    const third = await idempotency.once(asked('a'), work);
    expect([...both, third].map(({ answer: { body }, replayed }) => [body, replayed])).toEqual([
      ['1', false],
      ['1', true],
      ['1', true],
    ]);
  });

  it('is another one for another client, and refused for another body', async () => {
    const { idempotency, work } = setUp();
    await idempotency.once(asked('a'), work);
    expect((await idempotency.once(asked('a', 'body', 'tablet'), work)).answer.body).toBe('2');
    await expect(idempotency.once(asked('a', 'other'), work)).rejects.toMatchObject({
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    for (const key of ['', 'x'.repeat(256)])
      await expect(idempotency.once(asked(key), work)).rejects.toMatchObject({ status: 400 });
  });

  it('is worked on again after a failure, and told the failure while that is under way', async () => {
    const { idempotency, work } = setUp();
    const fails = (): Promise<Answer> => Promise.reject(new Error('no'));
    const both = [idempotency.once(asked('a'), fails), idempotency.once(asked('a'), work)];
    for (const each of both) await expect(each).rejects.toThrow('no');
    expect((await idempotency.once(asked('a'), work)).answer.body).toBe('1');
    await idempotency.once(asked('b'), async () => answer('', 202));
    expect((await idempotency.once(asked('b'), async () => answer('', 500))).replayed).toBe(true);
    await idempotency.once(asked('c'), async () => answer('', 500));
    expect((await idempotency.once(asked('c'), work)).replayed).toBe(false);
  });

  it('goes on for who still waits when the first who asked has gone', async () => {
    const { idempotency, work } = setUp();
    const gone = new HttpRefusal({ status: 499, code: 'CLIENT_GONE', message: 'm', hint: 'h' });
    const door = gate();
    const first = idempotency.once(asked('a'), async () => {
      await door.passed;
      throw gone;
    });
    const others = [idempotency.once(asked('a'), work), idempotency.once(asked('a'), work)];
    door.open();
    await expect(first).rejects.toBe(gone);
    expect((await Promise.all(others)).map(({ answer: { body } }) => body)).toEqual(['1', '1']);
  });

  it('is forgotten after a while, and when there are too many or too large ones', async () => {
    const { idempotency, work, worked, clock } = setUp({ answers: 2, bytes: 10, keepMs: 1000 });
    for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await idempotency.once(asked(key), work);
    expect(worked()).toBe(4);
    clock.advance(1000);
    await idempotency.once(asked('a'), work);
    expect(worked()).toBe(5);
    await idempotency.once(asked('large'), async () => answer('x'.repeat(11)));
    expect((await idempotency.once(asked('large'), work)).replayed).toBe(false);
  });

  it('is known by its header over HTTP', async () => {
    const { app, asked: runs } = await startServer();
    const send = (text: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/infer',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
        payload: JSON.stringify({ text, domain: 'bank' }),
      });
    const [first, again] = [await send('a'), await send('a')];
    expect(again.body).toBe(first.body);
    expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([undefined, 'true']);
    expect(again.headers['x-terrace-request-id']).toBe(first.headers['x-terrace-request-id']);
    expect(runs).toHaveLength(1);
    expect((await send('b')).statusCode).toBe(422);
  });

  it('waits once for a tier that is away, however often it is sent', async () => {
    const fake = await startServer();
    fake.behave = () => {
      const requestId = `f00${fake.asked.length}`;
      throw new RequestQueuedError({ message: 'm', hint: 'h', facts: { requestId } });
    };
    const send = () =>
      fake.app.inject({
        method: 'POST',
        url: '/v1/infer',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
        payload: JSON.stringify({ text: 'a', domain: 'bank', whenOffline: 'queue' }),
      });
    const [first, again] = [await send(), await send()];
    expect([first.statusCode, first.json()]).toEqual([202, { requestId: 'f001', state: 'waiting' }]);
    expect([again.statusCode, again.json(), again.headers['idempotent-replayed']]).toEqual([
      202,
      { requestId: 'f001', state: 'waiting' },
      'true',
    ]);
    expect(fake.asked).toHaveLength(1);
  });
});
