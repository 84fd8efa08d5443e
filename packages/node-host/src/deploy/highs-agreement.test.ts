import {
  createShareSolver,
  planWindow,
  type MipRow,
  type ShareProgram,
  type WindowProgram,
} from '@terrace/core/deploy';
import { exhaustiveSolver, seededRandom } from '@terrace/core/testing';
import { afterAll, expect, it } from 'vitest';
import { createHighsSolver } from './highs-solver.js';

const highs = createHighsSolver();
afterAll(() => highs.close());

it('agrees with the walk over breakpoints about the best shares of 500 requests, and the cheapest where there are none', async () => {
  const random = seededRandom(1);
  const programs = Array.from({ length: 500 }, (_, round) => sharesOf(1 + (round % 20), random));
  const walked = programs.map((program) => {
    const shares = new Float64Array(program.cost.length);
    const { kind } = createShareSolver(shares.length).solve(program, shares);
    return { program, shares, kind };
  });
  for (const kind of ['feasible', 'over-budget'] as const) {
    const some = walked.filter((each) => each.kind === kind);
    expect(some.length).toBeGreaterThan(50);
    const wanted = some.map(({ program, shares }) =>
      kind === 'feasible' ? dot(program.reward, shares) : -dot(program.cost, shares),
    );
    const found = await bestOf(
      some.map(({ program }) => program),
      kind,
    );
    for (const [i, value] of found.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-9);
    if (kind === 'over-budget')
      for (const [i, value] of found.entries()) expect(-value).toBeGreaterThan(some[i]!.program.budget);
  }
});

it('agrees with trying everything about the best window', async () => {
  const random = seededRandom(2);
  for (let round = 0; round < 15; round++) {
    const program = windowOf(4, random);
    const [found, wanted] = await Promise.all(
      [highs, exhaustiveSolver].map((solver) => planWindow(program, solver).catch((error: Error) => error)),
    );
    if (wanted instanceof Error) expect(found).toMatchObject({ message: wanted.message });
    else expect(found).toMatchObject({ expectedReward: expect.closeTo(wanted!.expectedReward, 8) });
  }
});

const dot = (first: Float64Array, second: Float64Array): number =>
  first.reduce((sum, value, i) => sum + value * second[i]!, 0);
/** One of few values, so that there are ties. */
const few = (random: () => number, steps: number): number => Math.round(random() * steps) / steps;

function sharesOf(arms: number, random: () => number): ShareProgram {
  const by = (value: () => number): Float64Array => Float64Array.from({ length: arms }, value);
  const least = by(() => (random() < 0.2 ? random() / arms : 0));
  const most = least.map((low) => (random() < 0.3 ? Math.min(1, low + 2 * random()) : 1));
  const fine = random() < 0.5 ? 1e6 : 8;
  return {
    reward: by(() => few(random, fine)),
    cost: by(() => few(random, fine)),
    least,
    most: wide(most),
    budget: few(random, 16),
  };
}

/** Bounds that hold shares which sum to 1. */
const wide = (most: Float64Array): Float64Array =>
  most.reduce((sum, value) => sum + value, 0) >= 1 ? most : most.fill(1);

/** The best value of each, by one program that holds all of them. Variables are what lies over the least shares. */
async function bestOf(programs: readonly ShareProgram[], kind: 'feasible' | 'over-budget'): Promise<number[]> {
  const goals = programs.map(({ reward, cost }) => (kind === 'feasible' ? reward : cost.map((value) => -value)));
  let columns = 0;
  const rows = programs.flatMap(({ cost, least, budget }): MipRow[] => {
    const own = Int32Array.from(cost.keys(), (arm) => columns + arm);
    columns += cost.length;
    const rest = 1 - least.reduce((sum, share) => sum + share, 0);
    const high = kind === 'feasible' ? budget - dot(cost, least) : Infinity;
    return [
      { columns: own, values: new Float64Array(cost.length).fill(1), low: rest, high: rest },
      { columns: own, values: cost, low: -Infinity, high },
    ];
  });
  const solution = await highs.solve({
    objective: Float64Array.from(goals.flatMap((goal) => [...goal])),
    upper: Float64Array.from(
      programs.flatMap(({ least, most }) => Array.from(most, (share, arm) => share - least[arm]!)),
    ),
    whole: new Uint8Array(columns),
    rows,
  });
  if (solution.kind !== 'optimal') throw new Error('HiGHS finds none of what the walk has found');
  let start = 0;
  return programs.map(({ least, cost }, i) => {
    const over = solution.values.slice(start, (start += cost.length));
    return dot(
      goals[i]!,
      least.map((share, arm) => share + over[arm]!),
    );
  });
}

function windowOf(arms: number, random: () => number): WindowProgram {
  const by = (value: () => number): Float64Array => Float64Array.from({ length: arms }, value);
  return {
    rewardUpper: by(() => few(random, 8)),
    costLower: by(() => few(random, 8) / 1000),
    carries: by(() => 0.5 + few(random, 2) / 2),
    fixedCost: by(() => few(random, 4) / 10),
    width: by(() => random()),
    required: new Uint8Array(arms),
    live: Uint8Array.from({ length: arms }, () => few(random, 1)),
    least: new Float64Array(arms),
    maxLive: 2,
    requests: 1000,
    budget: few(random, 16) / 1000,
  };
}
