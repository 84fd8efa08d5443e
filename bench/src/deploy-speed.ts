import { quantile } from '@terrace/core';
import {
  createStageRoute,
  DEFAULT_STAGE_ROUTE,
  planWindow,
  type MipSolver,
  type StageRoute,
  type WindowProgram,
} from '@terrace/core/deploy';
import { createHighsSolver } from '@terrace/node-host';
import { printFigures, seededRandom, type Figure } from './report.js';

const LIVE = 20;
const CANDIDATES = 200;
const SEEDS = 7;

interface Candidate {
  readonly reward: number;
  readonly cost: number;
  readonly carries: number;
  /** A window of 1,000 requests. */
  readonly fixedCost: number;
}

/** Worlds that are easy and hard to plan: in the last ones, hardly anything is worth more for its money than the rest. */
const WORLDS: Readonly<Record<string, (random: () => number) => Candidate>> = {
  'rewards and costs at random': (random) => {
    const reward = random();
    return { reward, cost: random() * reward + 0.05, carries: 0.1 + 0.3 * random(), fixedCost: random() };
  },
  'all on a frontier': (random) => {
    const cost = random();
    return { reward: Math.sqrt(cost), cost, carries: 0.02 + 0.1 * random(), fixedCost: 10 * random() ** 2 };
  },
  'equal ratios': (random) => {
    const reward = 0.2 + 0.8 * random();
    return { reward, cost: reward / 2, carries: 0.05 + 0.1 * random(), fixedCost: 5 * random() };
  },
  'just enough capacity': (random) => {
    const cost = random();
    return { reward: 0.5 + 0.4 * cost + 0.01 * random(), cost, carries: 0.05, fixedCost: 20 * random() };
  },
};

/** Figure 3 of deployments: how long a decision takes, of a request and of a window. */
export async function deploySpeed(): Promise<void> {
  const solver = createHighsSolver();
  printFigures('Speed of decisions', [
    await routing(solver),
    ...(await planning(solver)),
    await steps(solver, 4),
    await steps(solver, LIVE),
  ]);
  await solver.close();
}

async function routing(solver: MipSolver): Promise<Figure> {
  const random = seededRandom(1);
  const stage = await stageOf(LIVE, 200_000, solver);
  const micros: number[] = [];
  for (let i = 0; i < 150_000; i++) {
    const start = performance.now();
    const arm = stage.route(random);
    const took = (performance.now() - start) * 1000;
    if (i >= 50_000) micros.push(took);
    answer(stage, arm, LIVE, random);
  }
  const [p50, p99] = [quantile(micros, 0.5), quantile(micros, 0.99)];
  return {
    name: `routing decision with ${LIVE} live models`,
    wanted: 'p50 at most 20 us',
    measured: `p50 ${p50.toFixed(1)} us, p99 ${p99.toFixed(1)} us`,
    holds: p50 <= 20,
  };
}

async function planning(solver: MipSolver): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, candidate] of Object.entries(WORLDS)) {
    const took: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const program = windowOf(candidate, seededRandom(seed));
      const start = performance.now();
      await planWindow(program, solver);
      took.push(performance.now() - start);
    }
    const median = quantile(took, 0.5);
    figures.push({
      name: `planning with ${CANDIDATES} candidates, Mmax ${LIVE}: ${name}`,
      wanted: 'at most 1 s (median)',
      measured: `median ${median.toFixed(0)} ms, longest ${Math.max(...took).toFixed(0)} ms`,
      holds: median <= 1000,
    });
  }
  return figures;
}

/** Whole steps, as the simulator takes them: route, cost, reward. */
async function steps(solver: MipSolver, arms: number): Promise<Figure> {
  const count = 1_000_000;
  const random = seededRandom(1);
  const stage = await stageOf(arms, count, solver);
  const start = performance.now();
  for (let i = 0; i < count; i++) answer(stage, stage.route(random), arms, random);
  const perSecond = count / ((performance.now() - start) / 1000);
  return {
    name: `steps a second with ${arms} arms`,
    wanted: 'at least 100,000',
    measured: `${(perSecond / 1e6).toFixed(2)} M`,
    holds: perSecond >= 100_000,
  };
}

async function stageOf(arms: number, horizon: number, solver: MipSolver): Promise<StageRoute> {
  const settings = { ...DEFAULT_STAGE_ROUTE, maxLive: arms, budget: 0.3, horizon };
  const stage = createStageRoute(settings, { solver });
  const available = Array.from({ length: arms }, () => stage.addArm({ carries: 1, fixedCost: 0 }));
  await stage.startWindow({ available, requests: horizon, held: new Map() });
  return stage;
}

/** Costs rise faster than rewards do, and vary. */
function answer(stage: StageRoute, arm: number, arms: number, random: () => number): void {
  stage.cost(arm, (0.02 + (arm / arms) ** 2) * (0.5 + random()));
  stage.reward(arm, Number(random() < 0.5 + (0.45 * arm) / arms), 1);
}

function windowOf(candidate: (random: () => number) => Candidate, random: () => number): WindowProgram {
  const all = Array.from({ length: CANDIDATES }, () => candidate(random));
  const by = (value: (each: Candidate) => number): Float64Array => Float64Array.from(all, value);
  return {
    rewardUpper: by(({ reward }) => reward),
    costLower: by(({ cost }) => cost),
    carries: by(({ carries }) => carries),
    fixedCost: by(({ fixedCost }) => fixedCost),
    width: by(() => random()),
    required: new Uint8Array(CANDIDATES),
    live: new Uint8Array(CANDIDATES),
    least: new Float64Array(CANDIDATES),
    maxLive: LIVE,
    requests: 1000,
    budget: 0.35,
  };
}
