import { describe, expect, it } from 'vitest';
import { ArtifactCorruptError } from '../../errors/artifact-corrupt-error.js';
import { seededRandom } from '../../testing/seeded-random.js';
import type { ContextModel, LoggedChoice } from './context-model.js';
import { createContextRoute } from './context-route.js';
import { createContextModel } from './create-context-model.js';
import { fitContext } from './fit-context.js';
import { readContextModel } from './read-context-model.js';

const WIDTH = 8;
const ARMS = ['small', 'large', 'larger'];
const COSTS = [0.001, 0.002, 0.01];
/** Where a third of the requests may be answered by the dearest arm. */
const BUDGET = 0.005;

interface World {
  readonly features: Float32Array[];
  /** [rows][arms] */
  readonly rewards: number[][];
}

/** What is best for a request depends on its first feature by `signal`. */
function world(rows: number, signal: number, seed: number): World {
  const random = seededRandom(seed);
  const features = Array.from({ length: rows }, () => Float32Array.from({ length: WIDTH }, () => random() * 2 - 1));
  const rewards = features.map(([first]) =>
    [0.5, 0.55, 0.6].map((mean, arm) => clip(mean + (arm - 1) * signal * first! + 0.2 * (random() - 0.5))),
  );
  return { features, rewards };
}

const clip = (value: number): number => Math.min(1, Math.max(0, value));

const askedAll = ({ features, rewards }: World): LoggedChoice[] =>
  features.flatMap((own, row) =>
    ARMS.map((_, arm) => ({ features: own, arm, reward: rewards[row]![arm]!, cost: COSTS[arm]!, propensity: 1 })),
  );

/** Mean reward and cost on a world, with the means of the same. */
function routed(model: Pick<ContextModel, 'predict' | 'arms'>, { features, rewards }: World) {
  const random = seededRandom(9);
  const router = createContextRoute({ model, live: [0, 1, 2], exploration: 0 });
  const program = {
    reward: Float64Array.from(ARMS, (_, arm) => rewards.reduce((sum, row) => sum + row[arm]! / rewards.length, 0)),
    cost: Float64Array.from(COSTS),
    least: new Float64Array(3),
    most: new Float64Array(3).fill(1),
    budget: BUDGET,
  };
  let [reward, cost] = [0, 0];
  for (const [row, own] of features.entries()) {
    const arm = router.route(own, program, random);
    reward += rewards[row]![arm]! / features.length;
    cost += COSTS[arm]! / features.length;
  }
  return { reward, cost };
}

const nothing: Pick<ContextModel, 'predict' | 'arms'> = {
  arms: 3,
  predict(_, shifts, factors) {
    shifts.fill(0);
    factors.fill(1);
  },
};
const knowing: typeof nothing = {
  arms: 3,
  predict([first], shifts, factors) {
    for (let arm = 0; arm < 3; arm++) shifts[arm] = (arm - 1) * 0.4 * first!;
    factors.fill(1);
  },
};

describe('what a request says of its arms', () => {
  it('is learnt where there is something to learn', () => {
    const { model } = fitContext({
      choices: askedAll(world(400, 0.4, 1)),
      features: WIDTH,
      arms: ARMS,
      random: seededRandom(2),
    });
    const unseen = world(2000, 0.4, 3);
    const [least, most, own] = [routed(nothing, unseen), routed(knowing, unseen), routed(model, unseen)];
    expect(own.cost).toBeLessThan(BUDGET * 1.05);
    expect(own.reward - least.reward).toBeGreaterThan(0.8 * (most.reward - least.reward));
  });

  it('costs nothing where there is nothing to learn', () => {
    const { model, strengths } = fitContext({
      choices: askedAll(world(400, 0, 1)),
      features: WIDTH,
      arms: ARMS,
      random: seededRandom(2),
    });
    const unseen = world(4000, 0, 3);
    expect(strengths.own).toBe(1000);
    expect(routed(model, unseen).reward).toBeGreaterThan(routed(nothing, unseen).reward - 0.002);
  });

  it('without any signal is the static program, spent to the cent', () => {
    const unseen = world(4000, 0, 3);
    const { reward, cost } = routed(nothing, unseen);
    expect(cost / BUDGET).toBeCloseTo(1, 1);
    expect(reward).toBeCloseTo(0.55 + (0.05 * (BUDGET - 0.002)) / 0.008, 2);
  });

  it('is learnt from a log of one arm a request, whose choices favoured some requests', () => {
    const random = seededRandom(5);
    const { features, rewards } = world(3000, 0.4, 1);
    const choices = features.map((own, row): LoggedChoice => {
      // The largest arm was asked about what is easy for it.
      const dear = own[0]! > 0 ? 0.8 : 0.1;
      const arm = random() < dear ? 2 : random() < 0.5 ? 1 : 0;
      const propensity = arm === 2 ? dear : (1 - dear) / 2;
      return { features: own, arm, reward: rewards[row]![arm]!, cost: COSTS[arm]!, propensity };
    });
    const { model } = fitContext({ choices, features: WIDTH, arms: ARMS, random });
    const unseen = world(2000, 0.4, 3);
    const [least, most, own] = [routed(nothing, unseen), routed(knowing, unseen), routed(model, unseen)];
    expect(own.reward - least.reward).toBeGreaterThan(0.8 * (most.reward - least.reward));
  });

  it('comes row by row to what a batch comes to', () => {
    const choices = askedAll(world(200, 0.4, 1));
    const batch = fitContext({ choices, features: WIDTH, arms: ARMS, random: seededRandom(2) });
    const model = createContextModel({ features: WIDTH, arms: ARMS, strengths: batch.strengths });
    for (const choice of choices) model.learn(choice);
    const [a, b] = [predicted(batch.model), predicted(readAgain(model))];
    for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 2);
  });

  it('follows what changes where it forgets', () => {
    const model = createContextModel({
      features: WIDTH,
      arms: ARMS,
      forgetting: 0.98,
      strengths: { common: 6, own: 6 },
    });
    for (const signal of [0.4, -0.4]) for (const choice of askedAll(world(400, signal, 1))) model.learn(choice);
    const [shifts, factors] = [new Float64Array(3), new Float64Array(3)];
    model.predict(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0), shifts, factors);
    expect(shifts[2]! - shifts[0]!).toBeLessThan(-0.5);
  });

  it('is kept as text and read again, bit by bit, and of another embedding it is refused', () => {
    const model = createContextModel({ features: WIDTH, arms: ARMS });
    for (const choice of askedAll(world(100, 0.4, 1))) model.learn(choice);
    const weights = model.weights('one');
    const again = readContextModel(JSON.parse(JSON.stringify(weights)), 'one', 'context.json');
    expect(again.weights('one')).toEqual(weights);
    const refused = (value: unknown, embedding = 'one') =>
      expect(() => readContextModel(value, embedding, 'context.json')).toThrow(ArtifactCorruptError);
    refused(weights, 'another');
    for (const value of [null, 7, {}, { ...weights, format: 2 }]) refused(value);
    for (const features of [0, 1e9, 1.5, '8']) refused({ ...weights, features });
    refused({ ...weights, arms: ['a'] });
    refused({ ...weights, arms: ['a', 'a', 'b'] });
    refused({ ...weights, forgetting: 0 });
    refused({ ...weights, tensors: { ...weights.tensors, arm1: 'AAAA' } });
    refused({ ...weights, tensors: { ...weights.tensors, arm1: '%' } });
    refused({ ...weights, strengths: { common: NaN, own: 1 } });
  });

  it('takes no number that is none', () => {
    const model = createContextModel({ features: WIDTH, arms: ARMS });
    const fine: LoggedChoice = { features: new Float32Array(WIDTH), arm: 0, reward: 1, cost: 0, propensity: 1 };
    model.learn(fine);
    for (const wrong of [
      { features: new Float32Array(WIDTH).fill(NaN) },
      { features: new Float32Array(3) },
      { arm: 3 },
      { reward: NaN },
      { reward: 2 },
      { cost: -1 },
      { cost: Infinity },
      { propensity: 0 },
    ])
      expect(() => model.learn({ ...fine, ...wrong })).toThrow(RangeError);
  });

  it('says nothing of a request whose features are no numbers, nor of an arm that is new', () => {
    const model = createContextModel({ features: WIDTH, arms: ARMS });
    for (const choice of askedAll(world(100, 0.4, 1))) model.learn(choice);
    expect(model.addArm('new')).toBe(3);
    const [shifts, factors] = [new Float64Array(4), new Float64Array(4)];
    model.predict(new Float32Array(WIDTH).fill(NaN), shifts, factors);
    expect([...shifts, ...factors]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    model.predict(new Float32Array(WIDTH).fill(1), shifts, factors);
    expect([shifts[3], factors[3]]).toEqual([0, 1]);
  });
});

describe('routing by what a request says', () => {
  it('keeps to the bounds of shares for every request, and its propensities sum to exactly 1', () => {
    const router = createContextRoute({ model: knowing, live: [0, 1, 2] });
    const random = seededRandom(4);
    const program = {
      reward: Float64Array.of(0.5, 0.55, 0.6),
      cost: Float64Array.from(COSTS),
      least: Float64Array.of(0, 0.01, 0.1),
      most: Float64Array.of(0.7, 1, 0.3),
      budget: BUDGET,
    };
    for (const own of world(500, 0.4, 1).features) {
      expect(router.shares[router.route(own, program, random)]).toBeGreaterThan(0);
      for (let arm = 0; arm < 3; arm++) {
        expect(router.shares[arm]).toBeGreaterThanOrEqual(program.least[arm]! - 1e-9);
        expect(router.shares[arm]).toBeLessThanOrEqual(program.most[arm]! + 1e-9);
      }
      expect(router.shares.reduce((sum, share) => sum + share, 0)).toBe(1);
    }
  });

  it('goes on among more arms than each could have a share of exploration', () => {
    const count = 300;
    const ids = Array.from({ length: count }, (_, arm) => `m${arm}`);
    const router = createContextRoute({
      model: createContextModel({ features: 1, arms: ids }),
      live: ids.map((_, arm) => arm),
    });
    const [reward, cost] = [new Float64Array(count).fill(0.5), new Float64Array(count).fill(0.001)];
    const [least, most] = [new Float64Array(count), new Float64Array(count).fill(1)];
    router.fill(Float32Array.of(0), { reward, cost, least, most, budget: 0.01 });
    expect(Math.min(...router.shares)).toBeGreaterThan(0);
    expect(Math.max(...router.shares)).toBeGreaterThan(0.9);
  });
});

const predicted = (model: ContextModel): number[] => {
  const [shifts, factors] = [new Float64Array(3), new Float64Array(3)];
  model.predict(Float32Array.of(1, 0.5, 0, -1, 0, 0, 0.2, 0), shifts, factors);
  return [...shifts, ...factors];
};

const readAgain = (model: ContextModel): ContextModel =>
  readContextModel(JSON.parse(JSON.stringify(model.weights('one'))), 'one', 'context.json');
