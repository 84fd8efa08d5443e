import type { Result } from '@terrace/core';
import { BudgetExhaustedError } from '@terrace/core/budget';
import type { DeploymentStatus } from '@terrace/core/deploy';
import { describe, expect, it } from 'vitest';
import { refusalOf, toHttpError } from './error-shapes.js';
import { startServer } from './testing/start-server.js';
import { addressed } from './testing/keyed-server.js';
import { exampleResult } from './testing/fake-runtime.js';
import { budgetsSchema, deploymentStatusSchema } from './standing-schemas.js';
import { terraceHeaders } from './terrace-headers.js';

const WINDOW = {
  id: 'w1',
  fromWallMs: 0,
  toWallMs: 1,
  live: { small: 1 },
  expectedReward: 1,
  expectedCostUsd: 0,
  budgetUsd: 1,
  fixedUsd: 0,
};
const NOW = Date.UTC(2026, 10, 26);

const spent = (resetsAtWallMs: number | undefined): BudgetExhaustedError =>
  new BudgetExhaustedError({
    message: 'The budget month/usd is spent until 2026-12-01 (20 of 20 USD).',
    hint: 'Raise it.',
    facts: { budget: 'month/usd', unit: 'usd', limit: 20, left: 0, resetsAtWallMs },
  });

describe('a request whose budget is spent', () => {
  it('is told so as OpenAI tells it, and when to come back', () => {
    const { status, headers, body } = refusalOf('openai', toHttpError(spent(NOW + 90_000), NOW));
    expect(status).toBe(429);
    expect(headers).toEqual({ 'retry-after': '90', 'x-should-retry': 'false' });
    expect(body).toMatchObject({ error: { type: 'insufficient_quota', code: 'insufficient_quota' } });
  });

  it('is told so in the form of each interface', () => {
    const error = toHttpError(spent(undefined), NOW);
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
    const waitOf = (wallMs: number) => toHttpError(spent(wallMs), NOW).headers['retry-after'];
    expect(waitOf(NOW + 1e12)).toBe(String(30 * 86_400));
    expect(waitOf(NOW - 1e6)).toBe('1');
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

it('metrics and a route say how budgets stand and will stand', async () => {
  const standing = {
    id: 'month/usd',
    limit: { scope: {}, period: 'month', unit: 'usd', limit: 20, whenSpent: 'local', alertAt: [] },
    fromWallMs: 0,
    toWallMs: 1,
    spent: 12,
    reserved: 3,
    left: 5,
  } as const;
  const forecast = {
    expected: 22,
    low: 19,
    high: 26,
    overrunProbability: 0.8,
    spentAtWallMs: undefined,
    basisHours: 30,
  };
  let looks = 0;
  const { app } = await startServer({
    budgets: {
      standings: async () => (looks++, [standing]),
      forecasts: async () => [
        { standing, forecast },
        { standing, forecast: undefined },
      ],
      alertsOf: (id) => (id === 'month/usd' ? 2 : 0),
    },
  });
  const text = (await app.inject('/metrics')).body;
  for (const [name, value] of Object.entries({ limit: 20, spent: 12, reserved: 3, left: 5 }))
    expect(text).toContain(`terrace_budget_${name}{budget="month/usd",unit="usd"} ${value}`);
  expect(text).toContain('terrace_budget_alerts_total{budget="month/usd"} 2');
  expect((await app.inject('/metrics')).body).toContain('terrace_budget_alerts_total{budget="month/usd"} 2');
  expect(looks).toBe(1);
  const told = (await app.inject('/v1/terrace/budgets')).json<unknown>();
  expect(told).toEqual({
    budgets: [
      { ...standing, forecast: { ...forecast, spentAtWallMs: null } },
      { ...standing, forecast: null },
    ],
  });
  expect(budgetsSchema.parse(told)).toEqual(told);
  expect((await app.inject('/v1/terrace/deployment')).statusCode).toBe(404);
  const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, { get: object }> }>();
  expect(JSON.stringify(paths['/v1/terrace/budgets']?.get)).toContain('overrunProbability');
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

it('metrics and a route say how the deployment stands, and whether this server still has it', async () => {
  const status: DeploymentStatus = {
    state: {
      format: 1,
      settingsId: 's',
      window: WINDOW,
      history: [],
      models: [],
      rollouts: [],
      pilot: undefined,
      wishes: [],
    },
    models: [
      {
        model: 'small',
        stage: 'live',
        requests: 4,
        rewards: 0,
        meanReward: undefined,
        meanCostUsd: 0.25,
        rewardUpper: 1,
        costLowerUsd: 0,
        share: 1,
      },
    ],
    spentUsd: 1,
    requests: 4,
    controller: 'a server',
  };
  let holds = true;
  const { app } = await startServer({ deployment: { status: async () => status, holdsLease: () => holds } });
  const text = (await app.inject('/metrics')).body;
  expect(text).toContain('terrace_controller_lease 1');
  expect(text).toContain('terrace_window_info{window="w1"} 1');
  expect(text).toContain('terrace_model_cost_usd_mean{model="small"} 0.25');
  holds = false;
  expect((await app.inject('/metrics')).body).toContain('terrace_controller_lease 0');
  const told = (await app.inject('/v1/terrace/deployment')).json<unknown>();
  expect(deploymentStatusSchema.parse(told)).toEqual(told);
  expect(told).toEqual(JSON.parse(JSON.stringify(status)));
  const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, { get: object }> }>();
  expect(JSON.stringify(paths['/v1/terrace/deployment']?.get)).toContain('costLowerUsd');
});
