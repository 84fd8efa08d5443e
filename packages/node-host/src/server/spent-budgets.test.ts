import type { Result } from '@terrace/core';
import { BudgetExhaustedError } from '@terrace/core/budget';
import { describe, expect, it } from 'vitest';
import { refusalOf, toHttpError } from './error-shapes.js';
import { startServer } from './testing/start-server.js';
import { addressed } from './testing/keyed-server.js';
import { exampleResult } from './testing/fake-runtime.js';
import { terraceHeaders } from './terrace-headers.js';

const spent = (resetsAtWallMs: number | undefined): BudgetExhaustedError =>
  new BudgetExhaustedError({
    message: 'The budget month/usd is spent until 2026-12-01 (20 of 20 USD).',
    hint: 'Raise it.',
    facts: { budget: 'month/usd', unit: 'usd', limit: 20, left: 0, resetsAtWallMs },
  });

describe('a request whose budget is spent', () => {
  it('is told so as OpenAI tells it, and when to come back', () => {
    const { status, headers, body } = refusalOf('openai', toHttpError(spent(Date.now() + 90_000)));
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(88);
    expect(Number(headers['retry-after'])).toBeLessThan(91);
    expect(headers['x-should-retry']).toBe('false');
    expect(body).toMatchObject({ error: { type: 'insufficient_quota', code: 'insufficient_quota' } });
  });

  it('is told so in the form of each interface', () => {
    const error = toHttpError(spent(undefined));
    expect(refusalOf('native', error)).toMatchObject({
      status: 429,
      body: { error: { code: 'BUDGET_EXHAUSTED', facts: { budget: 'month/usd', left: 0 } } },
    });
    expect(refusalOf('oip', error)).toMatchObject({
      status: 429,
      body: { error: expect.stringContaining('is spent') },
    });
  });

  it('waits no longer than thirty days, and at least a second', () => {
    const waitOf = (wallMs: number) => toHttpError(spent(wallMs)).headers['retry-after'];
    expect(waitOf(Date.now() + 1e12)).toBe(String(30 * 86_400));
    expect(waitOf(Date.now() - 1e6)).toBe('1');
  });
});

it('an answer says which budget had its say, and where it was routed', () => {
  const trace: Result['trace'] = [
    { kind: 'route', window: 'w3', model: 'small', shares: { small: 1 }, atMs: 0 },
    { kind: 'budget', budget: 'month/usd', left: 0, resetsAtWallMs: undefined, atMs: 1 },
  ];
  expect(terraceHeaders(exampleResult({ trace }))).toMatchObject({
    'x-terrace-budget': 'month/usd',
    'x-terrace-model': 'small',
    'x-terrace-window': 'w3',
  });
  expect(terraceHeaders(exampleResult())).not.toHaveProperty('x-terrace-model');
});

it('a request of a key is counted by it', async () => {
  const { post, keysOf } = await counted();
  await post({ text: 'hello', domain: 'bank' });
  expect(keysOf()).toEqual(['phone']);
});

async function counted() {
  const server = await addressed();
  const keys: (string | undefined)[] = [];
  const run = server.runtime.run;
  Object.assign(server.runtime, {
    run: (input: never, options: { key?: string } = {}) => {
      keys.push(options.key);
      return run(input, options);
    },
  });
  return { ...server, keysOf: () => keys };
}

it('metrics and a route say how budgets stand', async () => {
  const standing = {
    id: 'month/usd',
    limit: { scope: {}, period: 'month', unit: 'usd', limit: 20, whenSpent: 'local', alertAt: [] },
    fromWallMs: 0,
    toWallMs: 1,
    spent: 12,
    reserved: 3,
    left: 5,
  } as const;
  let looks = 0;
  const { app } = await startServer({ budgets: async () => (looks++, [standing]) });
  const text = (await app.inject('/metrics')).body;
  for (const [name, value] of Object.entries({ limit: 20, spent: 12, reserved: 3, left: 5 }))
    expect(text).toContain(`terrace_budget_${name}{budget="month/usd",unit="usd"} ${value}`);
  expect(looks).toBe(1);
  expect((await app.inject('/v1/terrace/budgets')).json()).toEqual({ budgets: [standing] });
  expect((await app.inject('/v1/terrace/deployment')).statusCode).toBe(404);
});

it('a refusal is counted by its budget, and is an error status also where events were asked for', async () => {
  const fake = await startServer();
  fake.behave = () => Promise.reject(spent(undefined));
  const { statusCode } = await fake.app.inject({
    method: 'POST',
    url: '/v1/infer',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    payload: JSON.stringify({ text: 'hello', domain: 'bank' }),
  });
  expect(statusCode).toBe(429);
  expect((await fake.app.inject('/metrics')).body).toContain('terrace_budget_refusals_total{budget="month/usd"} 1');
});
