import type { Random } from '../../ports/random.js';
import { createShareSolver } from '../route/create-share-solver.js';
import { drawArm } from '../route/draw-arm.js';
import { sumToOne } from '../route/sum-to-one.js';
import type { ShareProgram } from '../route/shares.js';
import type { ContextModel } from './context-model.js';
import { RequestPrice } from './request-price.js';

export interface ContextRouteSettings {
  readonly model: Pick<ContextModel, 'predict' | 'arms'>;
  /** The model's number of each live arm, in the order of the programs; -1 for one that it does not know. */
  readonly live: readonly number[];
  /** Least share of every arm that may be asked, so that there is always something to learn from; small. */
  readonly exploration?: number | undefined;
}

/** Routes within a window by what a request says of its arms. */
export interface ContextRoute {
  /**
   * @param features of the request
   * @param program of `StageRoute`: what arms are like on average, their bounds and the budget that is paced. Shares keep to
   * its bounds for each single request. @returns the place of the arm among the live ones
   */
  route(features: Float32Array, program: ShareProgram, random: Random): number;
  /** P of each live arm for the last request, which are its propensities; they sum to exactly 1. Read only. */
  readonly shares: Float64Array;
}

const DEFAULT_EXPLORATION = 0.005;

/**
 * Each arm's mean is shifted by what the features say; arms are then filled in the order of reward less cost at the price
 * that keeps the budget, each up to its most. Without any signal these are the shares of the static program.
 */
export function createContextRoute({ model, live, exploration }: ContextRouteSettings): ContextRoute {
  const count = live.length;
  const share = exploration ?? DEFAULT_EXPLORATION;
  if (!(share >= 0 && share * count < 1)) throw new RangeError(`no share of exploration: ${share}`);
  const [shifts, factors] = [new Float64Array(model.arms), new Float64Array(model.arms)];
  const [reward, cost, value] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const [least, free] = [new Float64Array(count), new Float64Array(count)];
  const [atLow, shares] = [new Float64Array(count), new Float64Array(count)];
  const solver = createShareSolver(count);
  const price = new RequestPrice(count);

  /** Shares at a price. */
  function fill(dollar: number, most: Float64Array, out: Float64Array): void {
    for (let place = 0; place < count; place++) value[place] = reward[place]! - dollar * cost[place]!;
    solver.solve({ reward: value, cost: free, least, most, budget: Infinity }, out);
  }

  /** Exploration is for arms that may be asked, where bounds have room for it. */
  function fillLeast(program: ShareProgram): void {
    let sum = 0;
    for (let place = 0; place < count; place++) {
      const mayBe = program.reward[place]! >= 0 && program.cost[place]! <= EXPLORED * program.budget;
      const own = mayBe ? Math.min(share, program.most[place]!) : 0;
      least[place] = Math.max(program.least[place]!, own);
      sum += least[place]!;
    }
    if (sum > 1) least.set(program.least);
  }

  return {
    shares,
    route(features, program, random) {
      model.predict(features, shifts, factors);
      for (let place = 0; place < count; place++) {
        const arm = live[place]!;
        const known = arm >= 0 && program.reward[place]! >= 0;
        reward[place] = program.reward[place]! + (known ? shifts[arm]! : 0);
        cost[place] = program.cost[place]! * (known ? factors[arm]! : 1);
      }
      price.add({ reward, cost, budget: program.budget });
      fillLeast(program);
      fill(price.high, program.most, shares);
      if (price.chanceOfLow > 0) {
        fill(price.low, program.most, atLow);
        for (let place = 0; place < count; place++)
          shares[place]! += price.chanceOfLow * (atLow[place]! - shares[place]!);
        sumToOne(shares);
      }
      return drawArm(shares, random);
    },
  };
}

/** An arm that costs more than so many budgets is too dear to be asked only to learn. */
const EXPLORED = 20;
