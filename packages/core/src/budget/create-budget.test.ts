import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors/storage-error.js';
import type { BudgetStore } from '../ports/budget-store.js';
import type { PayAsk } from '../ports/budget.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createMemoryBudgetStore } from './memory-budget-store.js';
import { seededRandom } from '../testing/seeded-random.js';
import type { BudgetAlert } from './alerts.js';
import { NOTHING } from './amounts.js';
import type { BudgetLimit } from './budget-limit.js';
import { createBudget } from './create-budget.js';

const FEBRUARY = Date.UTC(2028, 1, 29, 23);
const limitOf = (changes: Partial<BudgetLimit> = {}): BudgetLimit => ({
  scope: {},
  period: 'month',
  unit: 'usd',
  limit: 1,
  whenSpent: 'local',
  alertAt: [],
  ...changes,
});

function setUp(limits: readonly BudgetLimit[], store: BudgetStore = createMemoryBudgetStore()) {
  const clock = createFakeClock({ wallMs: FEBRUARY });
  const alerts: BudgetAlert[] = [];
  const failures: unknown[] = [];
  let current = limits;
  const budget = createBudget({
    limits: () => current,
    store,
    clock,
    random: seededRandom(1),
    onAlert: (alert) => alerts.push(alert),
    onFailure: (error) => failures.push(error),
  });
  let calls = 0;
  const ask = (usd: number, changes: Partial<PayAsk> = {}): PayAsk => ({
    requestId: 'r1',
    scope: { tier: 'cloud', domain: 'bank' },
    atMost: { ...NOTHING, usd },
    optional: true,
    ...changes,
  });
  /** Reserves `usd` and costs `cost`. @returns what it was refused with */
  const spend = (usd: number, cost = usd, changes: Partial<PayAsk> = {}): Promise<unknown> =>
    budget
      .pay(ask(usd, changes), async (meter) => {
        calls += 1;
        meter.add({ usd: cost });
      })
      .catch((error: unknown) => error);
  const replace = (next: readonly BudgetLimit[]): void => void (current = next);
  return { budget, clock, store, alerts, failures, ask, spend, replace, calls: () => calls };
}

describe('a budget', () => {
  it('pays while there is room, and then refuses with what an operator wants to know', async () => {
    const { budget, spend, calls } = setUp([limitOf()]);
    expect(await spend(0.6)).toBeUndefined();
    expect(await spend(0.6)).toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      message: 'The budget month/usd has 0.4 USD left until 2028-03-01, less than this may cost.',
      facts: { budget: 'month/usd', unit: 'usd', limit: 1, left: 0.4, resetsAtWallMs: Date.UTC(2028, 2, 1) },
    });
    expect(await spend(0.4)).toBeUndefined();
    expect(calls()).toBe(2);
    expect(await budget.standings()).toMatchObject([{ id: 'month/usd', spent: 1, reserved: 0, left: 0 }]);
    expect(budget.whySpent('cloud')).toMatchObject({
      message: 'the budget month/usd is spent until 2028-03-01 (1 of 1 USD)',
    });
  });

  it('holds the most a run may cost while it is under way, and gives back what it did not take', async () => {
    const { budget, ask, spend } = setUp([limitOf()]);
    let end = (): void => undefined;
    const running = budget.pay(ask(1), (meter) => {
      meter.add({ usd: 0.3 });
      return new Promise<void>((resolve) => (end = resolve));
    });
    expect(await spend(0.1)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    end();
    await running;
    expect(await budget.standings()).toMatchObject([{ spent: 0.3, reserved: 0 }]);
    expect(await spend(0.7)).toBeUndefined();
  });

  it('settles what was taken by a run that failed, and passes on what it failed with', async () => {
    const { budget, ask } = setUp([limitOf()]);
    const work = budget.pay(ask(1), async (meter) => {
      meter.add({ usd: 0.5 });
      meter.add({ usd: -0.2 });
      throw new TypeError('broken');
    });
    await expect(work).rejects.toThrow(TypeError);
    expect(await budget.standings()).toMatchObject([{ spent: 0.3, reserved: 0 }]);
  });

  it('begins anew with its period, and gives nothing back to a clock that goes back', async () => {
    const { budget, clock, spend } = setUp([limitOf()]);
    await spend(1);
    clock.advance(3_600_000);
    expect(budget.whySpent('cloud')).toBeUndefined();
    expect(await spend(0.9)).toBeUndefined();
    clock.advance(-3_600_000);
    expect(await spend(0.5)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(budget.whySpent('cloud')).toBeDefined();
    clock.advance(3_600_000);
    expect(await spend(0.5)).toMatchObject({ code: 'BUDGET_EXHAUSTED', facts: { left: expect.closeTo(0.1) } });
  });

  it('counts what is in its scope and nothing else', async () => {
    const { budget, spend } = setUp([limitOf({ scope: { key: 'kiosk', tier: 'cloud' } })]);
    expect(await spend(5)).toBeUndefined();
    expect(await spend(5, 5, { scope: { tier: 'site', key: 'kiosk' } })).toBeUndefined();
    expect(await spend(1, 1, { scope: { tier: 'cloud', key: 'kiosk' } })).toBeUndefined();
    expect(await spend(1, 1, { scope: { tier: 'cloud', key: 'kiosk' } })).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(budget.whySpent('cloud', { key: 'kiosk' })).toMatchObject({ budget: 'month/usd/key=kiosk/tier=cloud' });
    expect(budget.whySpent('cloud', { key: 'desk' })).toBeUndefined();
    expect(budget.whySpent('site', { key: 'kiosk' })).toBeUndefined();
  });

  it('takes the last of two limits with one id, and begins nothing anew where a limit is raised', async () => {
    const { budget, spend, replace } = setUp([limitOf({ limit: 5 }), limitOf()]);
    await spend(1);
    expect(await spend(0.1)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    replace([limitOf({ limit: 1.5 })]);
    expect(budget.whySpent('cloud')).toBeUndefined();
    expect(await spend(0.5)).toBeUndefined();
    expect(await spend(0.1)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  });

  it('of several that count a run all must have room, and none keeps what another refused', async () => {
    const { budget, spend } = setUp([limitOf({ limit: 10 }), limitOf({ period: 'day', limit: 1 })]);
    expect(await spend(2)).toMatchObject({ facts: { budget: 'day/usd' } });
    await spend(1);
    expect(await budget.standings()).toMatchObject([
      { id: 'month/usd', spent: 1, reserved: 0 },
      { id: 'day/usd', spent: 1, reserved: 0 },
    ]);
  });
});

describe('a soft budget that is spent', () => {
  const soft = limitOf({ whenSpent: 'degrade' });

  it('refuses what the request can do without, and counts what it cannot', async () => {
    const { budget, spend } = setUp([soft]);
    await spend(1);
    expect(await spend(0.5)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(await spend(0.5, 0.5, { optional: false })).toBeUndefined();
    expect(await budget.standings()).toMatchObject([{ spent: 1.5, left: 0 }]);
  });

  it('is named after a hard one that is spent as well', async () => {
    const { budget, spend } = setUp([soft, limitOf({ period: 'day' })]);
    await spend(1);
    expect(budget.whySpent('cloud')).toMatchObject({ budget: 'day/usd', whenSpent: 'local' });
  });
});

describe('a budget that refuses', () => {
  it('lets nothing in its scope run once it is spent, what costs nothing included', async () => {
    const { spend, calls } = setUp([limitOf({ whenSpent: 'refuse', scope: { domain: 'bank' } })]);
    expect(await spend(0)).toBeUndefined();
    await spend(1);
    expect(await spend(0)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(await spend(0, 0, { scope: { tier: 'nano', domain: 'other' } })).toBeUndefined();
    expect(calls()).toBe(3);
  });

  it('knows so at once in a process that has just begun', async () => {
    const { store, spend } = setUp([limitOf({ whenSpent: 'refuse' })]);
    await spend(1);
    await Promise.resolve();
    expect(await setUp([limitOf({ whenSpent: 'refuse' })], store).spend(0)).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  });
});

describe('a budget of single requests', () => {
  it('counts all runs of one request, and each request by itself', async () => {
    const { spend } = setUp([limitOf({ period: 'request', limit: 0.01 })]);
    expect(await spend(0.006)).toBeUndefined();
    expect(await spend(0.006)).toMatchObject({
      message: 'The budget request/usd has 0.004 USD left for this request, less than this may cost.',
    });
    expect(await spend(0.004)).toBeUndefined();
    expect(await spend(0.001)).toMatchObject({ facts: { left: 0, resetsAtWallMs: undefined } });
    expect(await spend(0.006, 0.006, { requestId: 'r2' })).toBeUndefined();
  });

  it('counts by its scope, each of several for itself', async () => {
    const { budget, spend } = setUp([
      limitOf({ period: 'request', limit: 0.01, scope: { tier: 'cloud' } }),
      limitOf({ period: 'request', limit: 0.02, scope: { tier: 'site' } }),
    ]);
    const site = { scope: { tier: 'site' } };
    expect(await spend(0.01)).toBeUndefined();
    expect(await spend(0.02, 0.02, site)).toBeUndefined();
    expect(await spend(0.001)).toMatchObject({ facts: { budget: 'request/usd/tier=cloud', left: 0 } });
    expect(await spend(0.001, 0.001, site)).toMatchObject({ facts: { budget: 'request/usd/tier=site', left: 0 } });
    expect(await budget.standings()).toHaveLength(2);
  });

  it('gives back what another budget refused', async () => {
    const { spend, replace } = setUp([limitOf({ period: 'request', limit: 1 }), limitOf({ limit: 0.5 })]);
    expect(await spend(0.8)).toMatchObject({ facts: { budget: 'month/usd' } });
    replace([limitOf({ period: 'request', limit: 1 })]);
    expect(await spend(0.8)).toBeUndefined();
  });
});

describe('a meter', () => {
  it('covers one more call where there is room for it, and else what was reserved alone', async () => {
    const { budget, ask } = setUp([limitOf({ limit: 10 })]);
    const one = { ...NOTHING, usd: 0.4 };
    const repeats = (cost: number): Promise<boolean> =>
      budget.pay(ask(0.4, { spare: one }), async (meter) => {
        meter.add({ usd: cost });
        return meter.covers({ usd: 0.4 });
      });
    expect(await repeats(0.4)).toBe(true);
    await budget.pay(ask(5), async (meter) => meter.add({ usd: 5 }));
    expect(await repeats(0.4)).toBe(false);
    expect(await repeats(0)).toBe(true);
  });

  it('covers whatever nobody counts', async () => {
    const { budget, ask } = setUp([limitOf()]);
    const covers = await budget.pay(ask(0.4), async (meter) => {
      meter.add({ bytes: 1e9 });
      return [meter.covers({ usd: 0.4, bytes: 1e9 }), meter.covers({ usd: 0.5 })];
    });
    expect(covers).toEqual([true, false]);
  });

  it('counts in full what was billed higher than its price says, and somebody is told once', async () => {
    const { budget, alerts, spend } = setUp([limitOf(), limitOf({ unit: 'bytes', limit: 10 })]);
    await budget.standings();
    await spend(0.5, 3);
    expect(await budget.standings()).toMatchObject([{ spent: 3, left: 0 }, { spent: 0 }]);
    expect(alerts).toMatchObject([{ kind: 'overrun', standing: { id: 'month/usd', spent: 3 } }]);
    expect(await spend(0, 2)).toBeUndefined();
    expect(await budget.standings()).toMatchObject([{ spent: 5 }, { spent: 0 }]);
    expect(alerts).toHaveLength(1);
  });

  it('takes what nobody can add up for as much as was reserved', async () => {
    const { budget, spend } = setUp([limitOf()]);
    await spend(0.5, Number.NaN);
    expect(await budget.standings()).toMatchObject([{ spent: 0.5, reserved: 0 }]);
  });
});

it('tells of each share once a period, in order', async () => {
  const { budget, alerts, clock, spend } = setUp([limitOf({ alertAt: [1, 0.5, 0.8] })]);
  for (const cost of [0.4, 0.45, 0.15]) {
    await spend(cost);
    await budget.standings();
  }
  expect(alerts).toMatchObject([0.5, 0.8, 1].map((share) => ({ kind: 'share', share })));
  clock.advance(3_600_000);
  await spend(0.6);
  await budget.standings();
  expect(alerts.slice(3)).toMatchObject([{ share: 0.5, standing: { fromWallMs: Date.UTC(2028, 2, 1) } }]);
});

it('tells of a share once more when it is reached of a limit that was raised meanwhile', async () => {
  const { budget, alerts, spend, replace } = setUp([limitOf({ alertAt: [0.8] })]);
  await spend(0.9);
  await budget.standings();
  replace([limitOf({ alertAt: [0.8], limit: 2 })]);
  await budget.standings();
  expect(alerts).toHaveLength(1);
  for (let i = 0; i < 2; i++) await spend(0.4);
  await budget.standings();
  expect(alerts.map(({ standing }) => standing.limit.limit)).toEqual([1, 2]);
});

it('costs nothing where nothing counts a run', async () => {
  const { budget, ask, store } = setUp([limitOf({ scope: { tier: 'other' } })]);
  const answer = Promise.resolve(1);
  expect(budget.pay(ask(1), () => answer)).toBe(answer);
  expect(await store.spending([{ budgetId: 'month/usd/tier=other', fromWallMs: 0 }])).toMatchObject([{ reserved: 0 }]);
});

describe('a store that fails', () => {
  const broken = (): BudgetStore => {
    const fail = async (): Promise<never> => {
      throw new StorageError({ message: 'the disk is full', hint: 'Free some.' });
    };
    return { ...createMemoryBudgetStore(), reserve: fail, settle: fail, spending: fail };
  };

  it('lets nothing be spent that a hard budget counts, and says why', async () => {
    const { spend, calls } = setUp([limitOf()], broken());
    const error = await spend(0.5);
    expect(error).toMatchObject({ code: 'BUDGET_EXHAUSTED', cause: expect.any(StorageError) });
    expect(await spend(0)).toBeUndefined();
    expect(calls()).toBe(1);
  });

  it('lets what a soft one counts pass, and says so', async () => {
    const { spend, failures } = setUp([limitOf({ whenSpent: 'degrade' })], broken());
    expect(await spend(0.5)).toBeUndefined();
    expect(failures).toEqual([expect.any(StorageError)]);
  });

  it('leaves the budgets of single requests as they are where all others are soft', async () => {
    const hard = limitOf({ period: 'request', limit: 0.6 });
    const { spend, failures } = setUp([limitOf({ whenSpent: 'degrade' }), hard], broken());
    expect(await spend(0.5)).toBeUndefined();
    expect(await spend(0.5)).toMatchObject({ facts: { budget: 'request/usd', left: expect.closeTo(0.1) } });
    expect(failures).toEqual([expect.any(StorageError), expect.any(StorageError)]);
  });

  it('says what is known of a budget that refused before it failed', async () => {
    const store = createMemoryBudgetStore();
    let isBroken = false;
    const spending: BudgetStore['spending'] = (periods) => (isBroken ? broken() : store).spending(periods);
    const { spend, failures } = setUp([limitOf({ whenSpent: 'degrade' })], { ...store, spending });
    await spend(0.9);
    isBroken = true;
    expect(await spend(0.5)).toMatchObject({ code: 'BUDGET_EXHAUSTED', facts: { left: expect.closeTo(0.1) } });
    expect(failures).toEqual([expect.any(StorageError)]);
  });

  it('keeps reserved what could not be settled', async () => {
    const store = createMemoryBudgetStore();
    const { budget, failures, spend } = setUp([limitOf()], { ...store, settle: broken().settle });
    expect(await spend(0.5)).toBeUndefined();
    expect(await budget.standings()).toMatchObject([{ spent: 0, reserved: 0.5 }]);
    expect(failures).toHaveLength(1);
  });
});
