import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { exhaustiveSolver } from '../../testing/exhaustive-solver.js';
import { LiveSets } from './live-set.js';
import { planWindow } from './plan-window.js';
import { exampleWindow, type WindowArm } from '../../testing/example-window.js';
import type { WindowProgram } from './window-program.js';

const few = (steps: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: steps }).map((value) => value / steps);
const windows = fc
  .record({
    arms: fc.array(
      fc.record({
        reward: few(8),
        cost: few(6),
        carries: fc.constantFrom(0.25, 0.5, 0.75, 1),
        fixedCost: few(4),
        least: fc.constantFrom(0, 0, 0.1),
        live: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    maxLive: fc.integer({ min: 1, max: 4 }),
    budget: few(12),
  })
  .map(({ arms, ...rest }) => exampleWindow(arms, { ...rest, requests: 10 }));

describe('planning a window', () => {
  it('finds the best set of live arms that trying all sets finds, fixed costs included', async () => {
    await fc.assert(
      fc.asyncProperty(windows, async (program) => {
        const sets = setsOf(program);
        const planned = await planWindow(program, exhaustiveSolver).catch((error: unknown) => error);
        const within = sets.filter(({ withinBudget }) => withinBudget);
        if (within.length > 0) {
          const { expectedReward, expectedCost, live, shares } = planned as Awaited<ReturnType<typeof planWindow>>;
          expect(expectedCost).toBeLessThanOrEqual(program.budget + 1e-8);
          expect(live.length).toBeLessThanOrEqual(program.maxLive);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(1);
          // A slot that is filled may take a share that is the least of its arm.
          if (program.least.every((least) => least === 0)) {
            expect(expectedReward).toBeCloseTo(Math.max(...within.map(({ reward }) => reward)), 7);
          }
        } else if (InfeasibleBudgetError.isInstance(planned)) {
          expect(planned.facts.smallestFeasible).toBeCloseTo(Math.min(...sets.map(({ cost }) => cost)), 7);
        } else expect(InvalidRequestError.isInstance(planned)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('spreads fixed costs over the requests of the window', async () => {
    const arms: WindowArm[] = [
      { reward: 0.5, cost: 0.1 },
      { reward: 0.9, cost: 0.1, fixedCost: 10 },
    ];
    const some = await planWindow(exampleWindow(arms, { maxLive: 1, budget: 0.2, requests: 50 }), exhaustiveSolver);
    expect(some.live).toEqual([0]);
    const many = await planWindow(exampleWindow(arms, { maxLive: 1, budget: 0.2, requests: 100 }), exhaustiveSolver);
    expect(many).toMatchObject({ live: [1], fixedCost: 0.1, expectedCost: expect.closeTo(0.2, 9) });
  });

  it('says the smallest feasible budget, which suffices', async () => {
    const arms: WindowArm[] = [
      { reward: 0.5, cost: 0.00003, fixedCost: 0.004 },
      { reward: 0.9, cost: 0.01 },
    ];
    const program = exampleWindow(arms, { budget: 0.00001, requests: 1000, maxLive: 1 });
    const error: unknown = await planWindow(program, exhaustiveSolver).catch((caught: unknown) => caught);
    if (!InfeasibleBudgetError.isInstance(error)) throw error;
    expect(error.facts).toEqual({
      budgetPerRequest: 0.00001,
      smallestFeasible: expect.closeTo(0.000034, 12),
      models: 2,
      maxLive: 1,
    });
    expect(error.message).toContain('0.000034');
    const budget = Number(error.facts.smallestFeasible);
    expect((await planWindow({ ...program, budget }, exhaustiveSolver)).live).toEqual([0]);
  });

  it('fills free slots with those of whom least is known, as far as what is left of the budget pays for them', async () => {
    const arms: WindowArm[] = [
      { reward: 0.9, cost: 0.1, width: 0.01 },
      { reward: 0.2, cost: 0.1, width: 0.2 },
      { reward: 0.3, cost: 0.1, width: 0.5, fixedCost: 1 },
      { reward: 0.1, cost: 0.1, width: 0.4 },
    ];
    const options = { maxLive: 3, requests: 10 };
    const poor = await planWindow(exampleWindow(arms, { ...options, budget: 0.15 }), exhaustiveSolver);
    expect(poor).toMatchObject({ live: [0, 1, 3], shares: Float64Array.of(1, 0, 0, 0) });
    const rich = await planWindow(exampleWindow(arms, { ...options, budget: 0.25 }), exhaustiveSolver);
    expect(rich).toMatchObject({ live: [0, 2, 3], expectedReward: 0.9, fixedCost: 0.1 });
  });

  it('keeps the one that is live of two that are as good, and takes the first of two that are not', async () => {
    const twin = { reward: 0.9, cost: 0.1 };
    const options = { maxLive: 1, budget: 1 };
    expect((await planWindow(exampleWindow([twin, twin], options), exhaustiveSolver)).live).toEqual([0]);
    const cheaper = exampleWindow(
      [
        { ...twin, live: true },
        { ...twin, cost: 0.05 },
      ],
      options,
    );
    expect((await planWindow(cheaper, exhaustiveSolver)).live).toEqual([0]);
    const kept = exampleWindow([twin, { ...twin, live: true }, twin], options);
    expect((await planWindow(kept, exhaustiveSolver)).live).toEqual([1]);
  });

  it('keeps an arm that has to be live, with its least share', async () => {
    const arms: WindowArm[] = [
      { reward: 0.9, cost: 0 },
      { reward: 0.1, cost: 0, required: true, least: 0.25 },
    ];
    const plan = await planWindow(exampleWindow(arms, { budget: 1 }), exhaustiveSolver);
    expect(plan).toMatchObject({ live: [0, 1], shares: Float64Array.of(0.75, 0.25) });
  });

  it('asks no solver where all arms may be live and none costs anything to have', async () => {
    const nobody = { solve: () => Promise.reject(new Error('asked')), close: () => Promise.resolve() };
    const arms: WindowArm[] = [
      { reward: 0.5, cost: 0.25 },
      { reward: 1, cost: 0.75 },
    ];
    const plan = await planWindow(exampleWindow(arms, { budget: 0.5 }), nobody);
    expect(plan).toMatchObject({ live: [0, 1], shares: Float64Array.of(0.5, 0.5), expectedReward: 0.75 });
    const error: unknown = await planWindow(exampleWindow(arms, { budget: 0.2 }), nobody).catch(
      (caught: unknown) => caught,
    );
    expect(InfeasibleBudgetError.isInstance(error) && error.facts.smallestFeasible).toBe(0.25);
    await expect(planWindow(exampleWindow(arms, { maxLive: 1 }), nobody)).rejects.toThrow('asked');
    await expect(planWindow(exampleWindow([{ ...arms[0]!, fixedCost: 1 }], {}), nobody)).rejects.toThrow('asked');
  });

  it('looks only at arms that may be in the best window', async () => {
    const arms = Array.from({ length: 40 }, (_, arm) => ({ reward: arm / 40, cost: 0.1 }));
    const plan = await planWindow(exampleWindow(arms, { maxLive: 2, budget: 1 }), exhaustiveSolver);
    expect(plan).toMatchObject({ expectedReward: 39 / 40 });
  });

  const arm = { reward: 0.5, cost: 0.1 };
  it.each<[string, WindowProgram, string]>([
    ['no arm', exampleWindow([], {}), 'no model'],
    ['no slot', exampleWindow([arm], { maxLive: 0 }), '0 models may be live'],
    ['half a slot', exampleWindow([arm], { maxLive: 1.5 }), '1.5 models may be live'],
    ['no requests', exampleWindow([arm], { requests: 0 }), '0 requests'],
    ['a budget that is no number', exampleWindow([arm], { budget: NaN }), 'budget is NaN'],
    ['a negative budget', exampleWindow([arm], { budget: -1 }), 'budget is -1'],
    ['a reward that is no number', exampleWindow([{ ...arm, reward: NaN }], {}), 'model 0 make no sense'],
    ['an absurd cost', exampleWindow([{ ...arm, cost: 1e300 }], {}), 'model 0 make no sense'],
    ['a negative fixed cost', exampleWindow([arm, { ...arm, fixedCost: -1 }], {}), 'model 1 make no sense'],
    [
      'too little capacity',
      exampleWindow(
        [
          { ...arm, carries: 0.3 },
          { ...arm, carries: 0.4 },
        ],
        {},
      ),
      'at most 70 %',
    ],
    [
      'too many that have to be live',
      exampleWindow(
        [arm, arm].map((a) => ({ ...a, required: true })),
        { maxLive: 1 },
      ),
      '2 models have to',
    ],
  ])('refuses %s', async (_, program, message) => {
    const error: unknown = await planWindow(program, exhaustiveSolver).catch((caught: unknown) => caught);
    if (!InvalidRequestError.isInstance(error)) throw error;
    expect(error.message).toContain(message);
  });
});

/** Every set that may be live, with its best shares. */
function setsOf(program: WindowProgram) {
  const arms = program.rewardUpper.length;
  const sets = new LiveSets(program);
  return Array.from({ length: 2 ** arms - 1 }, (_, i) => i + 1)
    .map((choice) => [...program.width.keys()].filter((arm) => (choice >> arm) & 1))
    .filter((live) => live.length <= program.maxLive)
    .flatMap((live) => sets.of(live) ?? []);
}
