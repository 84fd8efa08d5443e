import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createContextModel,
  createContextRoute,
  fitContext,
  fitLandmarks,
  queryOracle,
  readRewardTable,
  staticLp,
  type ContextModel,
  type LoggedChoice,
  type RewardTable,
} from '@terrace/core/deploy';
import type { Matrix } from '@terrace/core/deltas';
import { createNodeRuntime } from '@terrace/node-host';
import { dataFolder } from './environment.js';
import { printFigures, seededRandom, shuffled, type Figure } from './report.js';

const FOLDS = 10;
/** Of the figure, and of what is measured beside it: runs, and landmarks of each model. */
const FIGURE = { seeds: 3, landmarks: 256 } as const;
const BESIDE = { seeds: 1, landmarks: 128 } as const;
const CHUNK = 16;
const PASSES = 5;
const BOOTSTRAPS = 2000;
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/terrace-bench/', import.meta.url));

type Encoder = 'nano' | 'base';
type Logged =
  /** Every arm was asked about every request. */
  | { readonly kind: 'all' }
  /** One arm a request, drawn from these shares of exploration and, for the rest, from the static program. */
  | { readonly kind: 'drawn'; readonly exploration: number; readonly passes: number }
  /** Learnt while routing. */
  | { readonly kind: 'online'; readonly passes: number };

interface Experiment {
  readonly table: RewardTable;
  readonly embeddings: Matrix;
  readonly widths: readonly number[];
  readonly logged: Logged;
  /** Of the dearest arm's mean cost. */
  readonly share: number;
  readonly seed: number;
  /** Of each model. */
  readonly landmarks: number;
}

/** By row of the table, what routing it brought and cost. */
interface Routed {
  readonly reward: Float64Array;
  readonly cost: Float64Array;
  readonly strengths: ReadonlyMap<string, number>;
}

/** Contextual routing: what a request's embedding is worth at a budget, on requests that were not learnt from. */
export async function deployContext(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: deploy-context (TERRACE_DATA is not set)');
  const text = await readFile(join(data, 'paretobandit', 'val_k4.jsonl'), 'utf8');
  const table = readRewardTable(text);
  const prompts = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => (JSON.parse(line) as { readonly prompt: string }).prompt);
  const nano = await embedded(prompts, 'nano');
  const base = await embedded(prompts, 'base');
  const both = { embeddings: beside(nano, base), widths: [nano.columns, base.columns] };
  const all: Logged = { kind: 'all' };
  const figures: Figure[] = [];
  const report = (name: string, setting: Omit<Experiment, 'table' | 'seed' | 'landmarks'>, wanted?: number): void => {
    const figure = figureOf(name, { ...setting, table }, wanted);
    figures.push(figure);
    console.log(`${figure.name}: ${figure.measured}`);
  };
  report('nano and base, 25 %', { ...both, logged: all, share: 0.25 }, 0.15);
  report('nano, 25 %', { embeddings: nano, widths: [nano.columns], logged: all, share: 0.25 });
  report('base, 25 %', { embeddings: base, widths: [base.columns], logged: all, share: 0.25 });
  report('lengths and marks, 25 %', { ...marksOf(prompts), logged: all, share: 0.25 });
  report('nano and base, 10 %', { ...both, logged: all, share: 0.1 });
  report('nano and base, 50 %', { ...both, logged: all, share: 0.5 });
  for (const exploration of [1, 0.3, 0.1])
    report(`log of one arm a request, ${100 * exploration} % explored`, {
      ...both,
      logged: { kind: 'drawn', exploration, passes: PASSES },
      share: 0.25,
    });
  report('learnt while routing', { ...both, logged: { kind: 'online', passes: PASSES }, share: 0.25 });
  printFigures('Contextual routing, ParetoBandit validation table, 10 folds', [...figures, ...speedFigures()]);
}

function figureOf(name: string, setting: Omit<Experiment, 'seed' | 'landmarks'>, wanted = 0): Figure {
  const { table, share } = setting;
  const dearest = Math.max(...table.costs.map(mean));
  const budget = share * dearest;
  const { seeds: repeats, landmarks } = wanted > 0 ? FIGURE : BESIDE;
  const gains = new Float64Array(table.rows);
  const seeds: number[] = [];
  let spend = 0;
  const chosen: number[] = [];
  for (let seed = 1; seed <= repeats; seed++) {
    const { reward, cost, strengths } = route({ ...setting, seed, landmarks }, budget);
    chosen.push(...strengths.values());
    const spent = mean(cost);
    spend += spent / budget / repeats;
    // The fixed shares that are best in hindsight for what was really spent.
    const { reward: level, shares } = staticLp(table, spent);
    const available = table.arms.map((_, arm) => arm);
    seeds.push((mean(reward) - level) / (queryOracle(table, spent, available) - level));
    for (let row = 0; row < table.rows; row++) {
      let fixed = 0;
      for (const [arm, rewards] of table.rewards.entries()) fixed += shares[arm]! * rewards[row]!;
      gains[row]! += (reward[row]! - fixed) / repeats;
    }
  }
  const [low, high] = bootstrapMean(gains);
  const closed = mean(Float64Array.from(seeds));
  return {
    name,
    wanted:
      wanted > 0
        ? `above the static program (95 %, paired), and ${100 * wanted} % of the distance to the oracle`
        : 'measured',
    measured: `${signed(mean(gains))} [${signed(low)}, ${signed(high)}]; ${(100 * closed).toFixed(1)} % of the distance (by seed ${seeds
      .map((value) => (100 * value).toFixed(1))
      .join(
        ', ',
      )}); spent ${(100 * spend).toFixed(1)} % of the budget${chosen.length === 0 ? '' : `; strength ${median(chosen)}`}`,
    holds: wanted === 0 || (low > 0 && closed >= wanted),
  };
}

function route(experiment: Experiment, budget: number): Routed {
  const { table, seed, embeddings, widths, logged, landmarks: count } = experiment;
  const random = seededRandom(seed);
  const folds = new Int32Array(table.rows);
  for (const [i, row] of shuffled(table.rows, random).entries()) folds[row] = i % FOLDS;
  const [reward, cost] = [new Float64Array(table.rows), new Float64Array(table.rows)];
  const strengths = new Map<string, number>();
  let current: ContextModel | undefined;
  // One stream of requests, as it would be served: the price of money is made from what was foreseen of those before. It is not
  // paced by what was spent: gains are taken at equal spend, and a pace would add its own noise to them.
  const router = createContextRoute({
    model: {
      arms: table.arms.length,
      predict: (own, shifts, factors) => current!.predict(own, shifts, factors),
    },
    live: table.arms.map((_, arm) => arm),
    exploration: 0,
  });
  for (let fold = 0; fold < FOLDS; fold++) {
    const rows = shuffled(table.rows, random);
    const train = rows.filter((row) => folds[row] !== fold);
    const landmarks = fitLandmarks({ embeddings: pick(embeddings, train), widths, landmarks: count, random });
    const { columns, data } = embeddings;
    const features: Float32Array[] = rows.map(() => new Float32Array(0));
    for (const row of rows) features[row] = landmarks.featuresOf(data.slice(row * columns, (row + 1) * columns));
    const known = {
      reward: Float64Array.from(table.rewards, (column) => meanOf(column, train)),
      cost: Float64Array.from(table.costs, (column) => meanOf(column, train)),
    };
    const bounds = {
      ...known,
      least: new Float64Array(table.arms.length),
      most: new Float64Array(table.arms.length).fill(1),
    };
    const live = table.arms.map((_, arm) => arm);
    const shape = { features: landmarks.features, arms: table.arms, prior: landmarks.prior };
    let model: ContextModel;
    if (logged.kind === 'online') {
      model = createContextModel(shape);
      const learning = createContextRoute({ model, live, exploration: 0.02 });
      for (let pass = 0; pass < logged.passes; pass++)
        for (const row of train) {
          const arm = learning.route(features[row]!, { ...bounds, budget }, random);
          model.learn(choiceOf(table, features[row]!, row, arm, learning.shares[arm]!));
        }
    } else {
      const choices = logOf(table, features, train, logged, staticLp(table, budget).shares, random);
      const fitted = fitContext({ ...shape, choices, random });
      strengths.set(`${fold}`, fitted.strengths.own);
      model = fitted.model;
    }
    current = model;
    for (const row of rows) {
      if (folds[row] !== fold) continue;
      const arm = router.route(features[row]!, { ...bounds, budget }, random);
      reward[row] = table.rewards[arm]![row]!;
      cost[row] = table.costs[arm]![row]!;
    }
  }
  return { reward, cost, strengths };
}

function logOf(
  table: RewardTable,
  features: readonly Float32Array[],
  train: readonly number[],
  logged: Exclude<Logged, { readonly kind: 'online' }>,
  shares: Float64Array,
  random: () => number,
): LoggedChoice[] {
  switch (logged.kind) {
    case 'all':
      return train.flatMap((row) => table.arms.map((_, arm) => choiceOf(table, features[row]!, row, arm, 1)));
    case 'drawn': {
      const propensities = shares.map((share) => (1 - logged.exploration) * share + logged.exploration / shares.length);
      return Array.from({ length: logged.passes }, () => train)
        .flat()
        .map((row) => {
          let [arm, rest] = [0, random()];
          while (arm < propensities.length - 1 && (rest -= propensities[arm]!) >= 0) arm++;
          return choiceOf(table, features[row]!, row, arm, propensities[arm]!);
        });
    }
    default:
      return logged satisfies never;
  }
}

const choiceOf = (
  { rewards, costs }: RewardTable,
  features: Float32Array,
  row: number,
  arm: number,
  propensity: number,
): LoggedChoice => ({ features, arm, reward: rewards[arm]![row]!, cost: costs[arm]![row]!, propensity });

/** What a decision takes with many arms, the embedding excluded; the landmarks' part is told apart. */
function speedFigures(): Figure[] {
  const [arms, random] = [20, seededRandom(1)];
  const widths = [768, 384];
  const columns = 1152;
  const data = Float32Array.from({ length: 600 * columns }, () => random() - 0.5);
  const landmarks = fitLandmarks({
    embeddings: { rows: 600, columns, data },
    widths,
    landmarks: FIGURE.landmarks,
    random,
  });
  const ids = Array.from({ length: arms }, (_, arm) => `m${arm}`);
  const model = createContextModel({ features: landmarks.features, arms: ids, prior: landmarks.prior });
  const rows = Array.from({ length: 600 }, (_, row) => data.slice(row * columns, (row + 1) * columns));
  const radialUs = microseconds(rows.length * 2, (i) => landmarks.featuresOf(rows[i % rows.length]!));
  const features = rows.map((row) => landmarks.featuresOf(row));
  for (const [i, own] of features.entries())
    model.learn({ features: own, arm: i % arms, reward: random(), cost: random() / 100, propensity: 0.05 });
  const router = createContextRoute({ model, live: ids.map((_, arm) => arm) });
  const program = {
    reward: Float64Array.from(ids, () => random()),
    cost: Float64Array.from(ids, () => random() / 100),
    least: new Float64Array(arms),
    most: new Float64Array(arms).fill(1),
    budget: 0.003,
  };
  const routeUs = microseconds(50_000, (i) => router.route(features[i % features.length]!, program, random));
  return [
    {
      name: `decision among ${arms} models by ${landmarks.features} features, embedding excluded`,
      wanted: 'p50 at most 20 us',
      measured: `p50 ${routeUs.toFixed(1)} us; nearness to the landmarks, part of the embedding, ${radialUs.toFixed(0)} us`,
      holds: routeUs <= 20,
    },
  ];
}

function microseconds(calls: number, call: (i: number) => unknown): number {
  for (let i = 0; i < calls / 10; i++) call(i);
  const times = Float64Array.from({ length: calls }, (_, i) => {
    const from = performance.now();
    call(i);
    return performance.now() - from;
  }).toSorted();
  return 1000 * times[calls >> 1]!;
}

/** Cached beside the packages: embedding all prompts takes a minute on a small machine. */
async function embedded(prompts: readonly string[], encoder: Encoder): Promise<Matrix> {
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')) });
  try {
    const rung = (await runtime.workshop.rungs()).find(({ tier }) => tier.model.id === encoder)!;
    const { features: columns } = rung.tier.model;
    const key = createHash('sha256')
      .update(rung.tier.variant.weights.sha256)
      .update(JSON.stringify(prompts))
      .digest('hex');
    const file = join(CACHE, `${encoder}-${key.slice(0, 16)}.f32`);
    const cached = await readFile(file).catch(() => undefined);
    if (cached?.length === prompts.length * columns * 4)
      return { rows: prompts.length, columns, data: new Float32Array(new Uint8Array(cached).buffer) };
    const data = new Float32Array(prompts.length * columns);
    const { session, done } = await runtime.workshop.borrow(rung);
    for (let from = 0; from < prompts.length; from += CHUNK)
      data.set(await session.features(prompts.slice(from, from + CHUNK)), from * columns);
    done();
    await mkdir(CACHE, { recursive: true });
    await writeFile(file, new Uint8Array(data.buffer));
    return { rows: prompts.length, columns, data };
  } finally {
    await runtime.close();
  }
}

/** What is seen of a prompt without any model. */
function marksOf(prompts: readonly string[]): { readonly embeddings: Matrix; readonly widths: readonly number[] } {
  const count = (text: string, pattern: RegExp): number => Math.log1p(text.match(pattern)?.length ?? 0);
  const raw = prompts.map((text) => [
    Math.log1p(text.length),
    count(text, /\s+/g),
    count(text, /\d/g),
    count(text, /\n/g),
    count(text, /\?/g),
    count(text, /[{}[\]()=<>;_\\^+*/]/g),
    count(text, /[.!?](\s|$)/g),
    count(text, /[A-Z]/g),
    count(text, /[^\x20-\x7e\n]/g),
  ]);
  const columns = raw[0]!.length;
  const data = new Float32Array(raw.length * columns);
  for (let column = 0; column < columns; column++) {
    const values = Float64Array.from(raw, (row) => row[column]!);
    const centre = mean(values);
    const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) || 1;
    for (const [row, value] of values.entries()) data[row * columns + column] = (value - centre) / deviation;
  }
  return { embeddings: { rows: raw.length, columns, data }, widths: [columns] };
}

function beside(first: Matrix, second: Matrix): Matrix {
  const columns = first.columns + second.columns;
  const data = new Float32Array(first.rows * columns);
  for (let row = 0; row < first.rows; row++) {
    data.set(first.data.subarray(row * first.columns, (row + 1) * first.columns), row * columns);
    data.set(second.data.subarray(row * second.columns, (row + 1) * second.columns), row * columns + first.columns);
  }
  return { rows: first.rows, columns, data };
}

function pick({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const picked = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) picked.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  return { rows: rows.length, columns, data: picked };
}

function bootstrapMean(values: Float64Array): readonly [low: number, high: number] {
  const random = seededRandom(1);
  const means = Float64Array.from({ length: BOOTSTRAPS }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)]!;
    return sum / values.length;
  }).toSorted();
  return [means[Math.floor(0.025 * BOOTSTRAPS)]!, means[Math.floor(0.975 * BOOTSTRAPS)]!];
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanOf = (column: Float64Array, rows: readonly number[]): number =>
  rows.reduce((sum, row) => sum + column[row]!, 0) / rows.length;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const signed = (value: number): string => (value < 0 ? '' : '+') + value.toFixed(4);
