import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InfeasibleBudgetError } from '../errors/infeasible-budget-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { exhaustiveSolver } from '../testing/exhaustive-solver.js';
import { seededRandom } from '../testing/seeded-random.js';
import { createStageRoute, DEFAULT_STAGE_ROUTE } from './create-stage-route.js';
import type { NewArm, StageRoute, StageRouteSettings, WindowStart } from './stage-route.js';

const free: NewArm = { carries: 1, fixedCost: 0 };

function route(arms: readonly NewArm[], settings: Partial<StageRouteSettings> = {}): StageRoute {
  const all = { ...DEFAULT_STAGE_ROUTE, maxLive: 4, budget: 1, horizon: 1000, trialShare: 0, ...settings };
  const stage = createStageRoute(all, { solver: exhaustiveSolver });
  for (const arm of arms) stage.addArm(arm);
  return stage;
}

const window = (available: readonly number[], rest: Partial<WindowStart> = {}): WindowStart => ({
  available,
  requests: 100,
  held: new Map(),
  ...rest,
});

/** Enough is seen of an arm for its bounds to be close to its means. */
function show(stage: StageRoute, arm: number, { reward, cost }: { reward: number; cost: number }): void {
  for (let i = 0; i < 4000; i++) {
    stage.reward(arm, reward, 1);
    stage.cost(arm, cost);
  }
}

function requireInfeasible(error: unknown): void {
  if (!InfeasibleBudgetError.isInstance(error)) throw error;
}

describe('a stage route', () => {
  it('comes to ask the better arm nearly always where there is money for it', async () => {
    const stage = route([free, free]);
    const random = seededRandom(1);
    await stage.startWindow(window([0, 1]));
    let better = 0;
    for (let i = 0; i < 1000; i++) {
      const arm = stage.route(random);
      better += arm;
      stage.reward(arm, Number(random() < [0.5, 0.9][arm]!), 1);
      stage.cost(arm, 0.1);
    }
    expect(better).toBeGreaterThan(900);
    expect([stage.asked, Math.round(stage.spent)]).toEqual([1000, 100]);
  });

  it('keeps to its budget to the last request, though one call may cost a hundred others', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const stage = route([free, free], { budget: 0.02, horizon: 2000 });
      const random = seededRandom(seed);
      await stage.startWindow(window([0, 1]));
      let reward = 0;
      for (let i = 0; i < 2000; i++) {
        const arm = stage.route(random);
        expect(stage.shares.reduce((sum, share) => sum + share, 0)).toBe(1);
        const worth = Number(random() < [0.6, 0.9][arm]!);
        reward += worth;
        stage.reward(arm, worth, 1);
        stage.cost(arm, arm === 0 ? 0.001 : random() < 0.1 ? 0.5 : 0.01);
      }
      expect(stage.spent).toBeLessThanOrEqual(0.02 * 2000 + 0.002);
      expect(stage.spent).toBeGreaterThan(0.02 * 2000 * 0.95);
      // The best fixed shares have .6 + .3 * .019 / .058.
      expect(reward / 2000).toBeGreaterThan(0.66);
    }
  });

  it('asks the cheapest arm when nothing fits what is left, and says so', async () => {
    const stage = route([free, free, free], { budget: 0.1, horizon: 10 });
    await stage.startWindow(window([0, 1, 2]));
    stage.cost(0, 0.5);
    stage.cost(1, 0.2);
    stage.cost(2, 0.3);
    expect(stage.route(() => 0.5)).toBe(1);
    expect(stage.outcome).toBe('over-budget');
    expect([...stage.shares]).toEqual([0, 1, 0]);
  });

  it('has a budget that is spent in advance by what counts beside calls', async () => {
    const stage = route([free], { horizon: 10 });
    stage.spend(4);
    expect(stage.spent).toBe(4);
    expect(() => stage.spend(NaN)).toThrow(RangeError);
    expect(() => stage.spend(-1)).toThrow(RangeError);
  });

  it('spends with a fixed pace as published: the budget of every request, whatever was spent', async () => {
    const stage = route([free, free], { pace: 'fixed', budget: 0.5, multiplier: 0 });
    show(stage, 0, { reward: 0.5, cost: 0 });
    show(stage, 1, { reward: 0.9, cost: 1 });
    await stage.startWindow(window([0, 1]));
    stage.route(() => 0);
    expect([...stage.shares]).toEqual([0.5, 0.5]);
    expect([stage.spent, stage.outcome]).toEqual([4000, 'feasible']);
  });

  it('leaves room for fixed costs with a fixed pace', async () => {
    const stage = route([free, { carries: 1, fixedCost: 25 }], { pace: 'fixed', budget: 0.5, multiplier: 0 });
    show(stage, 0, { reward: 0.5, cost: 0 });
    show(stage, 1, { reward: 0.9, cost: 1 });
    expect(await stage.startWindow(window([0, 1]))).toMatchObject({ live: [0, 1], fixedCost: 0.25 });
    stage.route(() => 0);
    expect([...stage.shares]).toEqual([0.75, 0.25]);
  });

  it('holds the share that somebody else has decided, and the throughput of an arm', async () => {
    const stage = route([free, free, { carries: 0.3, fixedCost: 0 }], { multiplier: 0 });
    show(stage, 0, { reward: 0.5, cost: 0 });
    show(stage, 1, { reward: 0.1, cost: 0 });
    show(stage, 2, { reward: 0.9, cost: 0 });
    await stage.startWindow(window([0, 1, 2], { held: new Map([[1, { least: 0.25, most: 0.25 }]]) }));
    stage.route(() => 0);
    const [first, held, capped] = stage.shares;
    expect([first, held, capped]).toEqual([expect.closeTo(0.45, 12), 0.25, expect.closeTo(0.3, 12)]);
    const out = await stage.startWindow(window([0, 1, 2], { held: new Map([[1, { least: 0, most: 0 }]]) }));
    expect(out.live).toEqual([0, 2]);
  });

  it('tries a new arm in its first window, the cheapest first, and leaves a slot to what is known', async () => {
    const dear = { ...free, expectedCost: 0.4 };
    const stage = route([free, dear, { ...free, expectedCost: 0.2 }], { maxLive: 2, trialShare: 0.1, multiplier: 0 });
    show(stage, 0, { reward: 1, cost: 0 });
    expect((await stage.startWindow(window([0, 1, 2]))).live).toEqual([0, 2]);
    stage.route(() => 0);
    expect([...stage.shares]).toEqual([0.9, 0, expect.closeTo(0.1, 12)]);
    stage.reward(2, 0, 1);
    expect((await stage.startWindow(window([0, 2]))).shares[2]).toBe(0);
  });

  it('ends a trial with its share of the requests, whether or not anything was heard of them', async () => {
    const stage = route([free, free], { trialShare: 0.1, multiplier: 0 });
    show(stage, 0, { reward: 1, cost: 0 });
    await stage.startWindow(window([0, 1], { requests: 50 }));
    stage.reward(1, 0, 1);
    const random = seededRandom(1);
    let tried = 0;
    for (let i = 0; i < 400; i++) tried += stage.route(random);
    expect(tried).toBe(5);
  });

  it('has no window of nothing but new arms where something is known', async () => {
    const stage = route([free, free, free, free], { maxLive: 2, multiplier: 0 });
    show(stage, 2, { reward: 0.6, cost: 0 });
    expect((await stage.startWindow(window([0, 1, 2, 3]))).live).toEqual([0, 2]);
    const one = route([free, free], { maxLive: 1, multiplier: 0 });
    show(one, 0, { reward: 0.6, cost: 0 });
    expect((await one.startWindow(window([0, 1]))).live).toEqual([1]);
  });

  it('tries what the budget holds, and ends a trial that turns out dearer', async () => {
    const unknown = { ...free, expectedCost: 9 };
    const stage = route([free, unknown, free], { budget: 0.01, trialShare: 0.1, multiplier: 0 });
    stage.reward(0, 1, 1);
    stage.cost(0, 0.001);
    const plan = await stage.startWindow(window([0, 1, 2]));
    expect(plan.shares[1]).toBeLessThan(0.01);
    stage.cost(2, 5);
    stage.route(() => 0);
    expect(stage.shares[2]).toBeLessThan(0.01);
  });

  it('changes nothing where a window cannot be planned', async () => {
    const stage = route([{ ...free, expectedCost: 2 }], { budget: 3 });
    await stage.startWindow(window([0]));
    stage.changeArm(0, { expectedCost: 5 });
    const error: unknown = await stage.startWindow(window([0])).catch((caught: unknown) => caught);
    if (!InfeasibleBudgetError.isInstance(error)) throw error;
    expect(error.facts.smallestFeasible).toBe(5);
    expect(stage.route(() => 0)).toBe(0);
    const nobody: unknown = await stage.startWindow(window([])).catch((caught: unknown) => caught);
    expect(InvalidRequestError.isInstance(nobody)).toBe(true);
    await expect(stage.startWindow(window([1]))).rejects.toThrow(RangeError);
    expect(stage.route(() => 0)).toBe(0);
  });

  it('plans with the budget itself where too much was spent for any window', async () => {
    const stage = route([{ ...free, expectedCost: 0.5 }], { horizon: 100 });
    stage.spend(99);
    expect((await stage.startWindow(window([0]))).live).toEqual([0]);
  });

  it('forgets what was paid at an old price', async () => {
    const stage = route([free, free], { multiplier: 0, budget: 0.5, pace: 'fixed' });
    show(stage, 0, { reward: 0.5, cost: 0 });
    show(stage, 1, { reward: 1, cost: 1 });
    await stage.startWindow(window([0, 1]));
    stage.route(() => 0);
    expect(stage.shares[1]).toBe(0.5);
    stage.changeArm(1, { expectedCost: 0.4 });
    stage.route(() => 0);
    expect(stage.shares[1]).toBe(1);
  });

  it('goes on while arms are added and not yet live', async () => {
    const stage = route([free]);
    await stage.startWindow(window([0]));
    expect(stage.addArm(free)).toBe(1);
    expect([stage.route(() => 0.9), ...stage.shares]).toEqual([0, 1, 0]);
    stage.reward(1, 1, 1);
    stage.cost(1, 1);
    expect(stage.route(() => 0.9)).toBe(0);
  });

  it('keeps its bounds, its sums and its books, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = seededRandom(seed);
        const caps = [1, 0.5 + random() / 2, random() / 2 + 0.01];
        const held = new Map(random() < 0.5 ? [[1, { least: 0.1, most: 0.1 }]] : []);
        const settings = {
          budget: random() / 4,
          horizon: 200,
          maxLive: 3,
          trialShare: random() / 9,
          multiplier: random(),
        };
        const stage = route(
          caps.map((carries) => ({ carries, fixedCost: 0 })),
          settings,
        );
        let spent = 0;
        for (let i = 0; i < 220; i++) {
          if (i % 55 === 0) await stage.startWindow(window([0, 1, 2], { held, requests: 55 })).catch(requireInfeasible);
          const arm = stage.route(random);
          expect(stage.shares.reduce((sum, share) => sum + share, 0)).toBe(1);
          for (const [one, share] of stage.shares.entries()) {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(Math.min(caps[one]!, held.get(one)?.most ?? 1) + 1e-12);
          }
          expect(stage.shares[arm]).toBeGreaterThan(0);
          const cost = random() ** 8;
          spent += cost;
          stage.cost(arm, cost);
          if (random() < 0.7) stage.reward(arm, random(), 1 + 9 * random());
          if (random() < 0.02) stage.changeArm(arm, { expectedCost: random() / 4 });
        }
        expect(stage.asked).toBe(220);
        expect(stage.spent).toBeCloseTo(spent, 9);
      }),
      { numRuns: 10 },
    );
  });

  it('comes to the same in the same order with the same randomness', async () => {
    const run = async (): Promise<string> => {
      const stage = route([free, free, free], { maxLive: 2, trialShare: 0.05 });
      const random = seededRandom(7);
      const drawn: number[] = [];
      for (let i = 0; i < 300; i++) {
        if (i % 100 === 0) drawn.push(...(await stage.startWindow(window([0, 1, 2]))).live);
        const arm = stage.route(random);
        drawn.push(arm);
        stage.cost(arm, random());
        stage.reward(arm, random(), 1);
      }
      return drawn.join('');
    };
    expect(await run()).toBe(await run());
  });

  it.each<[string, (stage: StageRoute) => unknown]>([
    ['a request before the first window', (stage) => stage.route(() => 0)],
    ['an arm that carries nothing', (stage) => stage.addArm({ carries: 0, fixedCost: 0 })],
    ['an arm with a negative price', (stage) => stage.addArm({ ...free, expectedCost: -1 })],
    ['a change of an arm that does not exist', (stage) => stage.changeArm(1, { carries: 1 })],
    ['a change to a cost that is no number', (stage) => stage.changeArm(0, { fixedCost: NaN })],
    ['a reward of an arm that does not exist', (stage) => stage.reward(1, 1, 1)],
    ['a cost that is no number', (stage) => stage.cost(0, NaN)],
  ])('refuses %s', (_, wrong) => {
    const stage = route([free]);
    expect(() => wrong(stage)).toThrow(RangeError);
    expect([stage.spent, stage.asked]).toEqual([0, 0]);
  });

  it.each<Partial<StageRouteSettings>>([
    { maxLive: 0 },
    { budget: NaN },
    { budget: -1 },
    { horizon: 0 },
    { multiplier: -1 },
    { delta: 0 },
    { trialShare: 2 },
  ])('refuses settings that make no sense: %o', (settings) => {
    expect(() => route([], settings)).toThrow(InvalidRequestError);
  });
});
