import { describe, expect, it } from 'vitest';
import type { BudgetLimit } from '../budget/budget-limit.js';
import type { BudgetStore } from '../ports/budget-store.js';
import { createRuntime } from '../runtime.js';
import { createBudget } from './create-budget.js';
import { exampleCalibration } from '../testing/example-calibration.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { createFakeSite, jsonReply } from '../testing/fake-site.js';
import { createFakePorts, EXAMPLE_LABELS, scoresFor } from '../testing/index.js';
import { createMemoryBudgetStore } from '../budget/memory-budget-store.js';

const question = { text: 'freeze my card', domain: 'bank', minConfidence: 0.95 } as const;
const PRICE = 0.001;
const limitOf = (changes: Partial<BudgetLimit> = {}): BudgetLimit => ({
  scope: {},
  period: 'month',
  unit: 'usd',
  limit: 3 * PRICE,
  whenSpent: 'local',
  alertAt: [],
  ...changes,
});

/** A device that is never sure, below a site that charges for every call. */
function device(limits: readonly BudgetLimit[], store: BudgetStore = createMemoryBudgetStore()) {
  const plain = exampleCatalog();
  const price = { ...exampleEndpoint().price, perCall: PRICE };
  const catalog = { ...plain, endpoints: [exampleEndpoint({ id: 'site', price })] };
  const unsure = { scores: () => scoresFor('new_card', 0.5, EXAMPLE_LABELS) };
  const models = { nano: unsure, base: unsure };
  const fakes = createFakePorts({ catalog, calibration: exampleCalibration(plain), models });
  const { clock, random } = fakes;
  const budget = createBudget({ limits: () => limits, store, clock, random });
  const site = createFakeSite();
  const runtime = createRuntime({ ...fakes, fetch: site.fetch, budget });
  return { ...fakes, runtime, budget, site };
}

describe('a budget in money', () => {
  it('pays for as many calls as it has room for; then the device answers, and says why', async () => {
    const { runtime, budget, site } = device([limitOf()]);
    const results = await Promise.all(Array.from({ length: 8 }, () => runtime.run(question)));
    expect(site.texts).toHaveLength(3);
    expect(results.filter(({ tier }) => tier === 'site')).toHaveLength(3);
    const degraded = results.filter(({ tier }) => tier !== 'site');
    for (const { verdict, trace } of degraded) {
      expect(verdict).toMatchObject({ degraded: 'cost' });
      expect(trace).toContainEqual(expect.objectContaining({ kind: 'budget', budget: 'month/usd' }));
    }
    expect(await budget.standings()).toMatchObject([{ spent: expect.closeTo(3 * PRICE, 12), reserved: 0, left: 0 }]);
  });

  it('says nothing against a tier that it does not pay for', async () => {
    const { runtime, site, clock } = device([limitOf({ limit: PRICE, period: 'hour' })]);
    for (let i = 0; i < 3; i++) await runtime.run(question);
    expect(site.texts).toHaveLength(1);
    expect(runtime.remotes.state({ endpoint: exampleEndpoint({ id: 'site' }) } as never)).toEqual({ kind: 'up' });
    clock.advance(3_600_000);
    expect(await runtime.run(question)).toMatchObject({ tier: 'site', verdict: { degraded: undefined } });
  });

  it('repeats a call that failed while there is ample room', async () => {
    const { runtime, site, budget } = device([limitOf({ limit: 20.5 * PRICE })]);
    let calls = 0;
    site.respond(() => (++calls % 2 === 1 ? jsonReply({}, 500) : { label: 'block_card', probability: 0.97 }));
    expect(await runtime.run(question)).toMatchObject({ tier: 'site' });
    expect(await budget.standings()).toMatchObject([{ spent: 2 * PRICE }]);
    expect(await runtime.run(question)).toMatchObject({ verdict: { degraded: 'tier-failed' } });
    expect(calls).toBe(3);
  });

  it('counts requests by their key and their domain', async () => {
    const { runtime, site } = device([limitOf({ limit: PRICE, scope: { key: 'kiosk', domain: 'bank' } })]);
    const tiers = [];
    for (const key of ['kiosk', 'kiosk', 'desk', undefined]) tiers.push((await runtime.run(question, { key })).tier);
    expect(tiers.map((tier) => tier === 'site')).toEqual([true, false, true, true]);
    expect(site.texts).toHaveLength(3);
  });

  it('of one request stops its climbs', async () => {
    const { runtime, site } = device([limitOf({ period: 'request', limit: PRICE / 2 })]);
    expect(await runtime.run(question)).toMatchObject({ verdict: { degraded: 'cost' } });
    expect(site.texts).toEqual([]);
  });
});

describe('a tier that alone may answer', () => {
  const alone = { ...question, policy: 'site' } as const;

  it('is asked in spite of a soft budget, which says so', async () => {
    const { runtime, budget } = device([limitOf({ limit: PRICE, whenSpent: 'degrade' })]);
    await runtime.run(alone);
    for (let i = 0; i < 2; i++) {
      const { tier, trace } = await runtime.run(alone);
      expect(tier).toBe('site');
      expect(trace).toContainEqual(expect.objectContaining({ kind: 'budget', budget: 'month/usd', left: 0 }));
    }
    expect(await budget.standings()).toMatchObject([{ spent: expect.closeTo(3 * PRICE, 12), left: 0 }]);
  });

  it('is not asked in spite of a hard one', async () => {
    const { runtime, site } = device([limitOf({ limit: PRICE })]);
    await runtime.run(alone);
    for (let i = 0; i < 2; i++) {
      await expect(runtime.run(alone)).rejects.toMatchObject({
        code: 'BUDGET_EXHAUSTED',
        facts: { budget: 'month/usd', left: 0, resetsAtWallMs: Date.UTC(2023, 11, 1) },
      });
    }
    expect(site.texts).toHaveLength(1);
  });
});

it('a budget that refuses lets nothing answer once it is spent, and begins again with its period', async () => {
  const { runtime, clock } = device([limitOf({ limit: PRICE, whenSpent: 'refuse', period: 'hour' })]);
  await runtime.run(question);
  await expect(runtime.run(question)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  await expect(runtime.run({ ...question, policy: 'nano' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  clock.advance(3_600_000);
  expect(await runtime.run(question)).toMatchObject({ tier: 'site' });
});

it('a budget in joules counts what the device computes, and stops it', async () => {
  const { runtime, budget } = device([limitOf({ unit: 'joules', limit: 1e6 })]);
  await runtime.run({ ...question, policy: 'nano' });
  const [standing] = await budget.standings();
  expect(standing).toMatchObject({ spent: expect.toSatisfy((joules: number) => joules > 0), reserved: 0 });
  const { runtime: without } = device([limitOf({ unit: 'joules', limit: 1e-9 })]);
  expect(await without.run(question)).toMatchObject({ tier: 'site' });
  await expect(without.run({ ...question, policy: 'nano' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
});

it('a budget in bytes counts what is sent', async () => {
  const { runtime, budget } = device([limitOf({ unit: 'bytes', limit: 1e6 })]);
  const { sentBytes } = await runtime.run(question);
  expect(await budget.standings()).toMatchObject([{ spent: sentBytes }]);
});

it('gives back what was reserved for a request that was given up meanwhile', async () => {
  const controller = new AbortController();
  const memory = createMemoryBudgetStore();
  const store: BudgetStore = {
    ...memory,
    async reserve(ask) {
      const full = await memory.reserve(ask);
      controller.abort(new Error('gone'));
      return full;
    },
  };
  const { runtime, budget, site } = device([limitOf()], store);
  await expect(runtime.run({ ...question, policy: 'site' }, { signal: controller.signal })).rejects.toThrow('gone');
  expect(site.texts).toEqual([]);
  expect(await budget.standings()).toMatchObject([{ spent: 0, reserved: 0 }]);
});

it('a runtime whose budgets count nothing of a request answers it as one without any', async () => {
  const { runtime, budget } = device([limitOf({ scope: { domain: 'other' } })]);
  expect(await runtime.run(question)).toMatchObject({ tier: 'site', verdict: { degraded: undefined } });
  expect(await budget.standings()).toMatchObject([{ spent: 0, reserved: 0 }]);
});
