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

/** Routes within a window by what a request says of its arms. Allocates nothing. */
export interface ContextRoute {
  /** Fills `shares`; `route` draws from them as well. */
  fill(features: Float32Array, program: ShareProgram): void;
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
/** Of all arms together, where there are so many that theirs would be all there is. */
const MOST_EXPLORATION = 0.1;

/**
 * Each arm's mean is shifted by what the features say; arms are then filled in the order of reward less cost at the price
 * that keeps the budget, each up to its most. Without any signal these are the shares of the static program.
 */
export function createContextRoute({ model, live, exploration }: ContextRouteSettings): ContextRoute {
  const count = live.length;
  const share = exploration ?? Math.min(DEFAULT_EXPLORATION, MOST_EXPLORATION / count);
  if (!(share >= 0 && share * count < 1)) throw new RangeError(`no share of exploration: ${share}`);
  const [shifts, factors] = [new Float64Array(model.arms), new Float64Array(model.arms)];
  const [reward, cost, value] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const [least, free] = [new Float64Array(count), new Float64Array(count)];
  const [atLow, shares] = [new Float64Array(count), new Float64Array(count)];
  const solver = createShareSolver(count);
  const price = new RequestPrice(count);
  const remembered = { reward, cost, budget: 0 };
  const most = new Float64Array(count);
  const filled = { reward: value, cost: free, least, most, budget: Infinity };

  /** Shares at a price. */
  function fillAt(dollar: number, out: Float64Array): void {
    for (let place = 0; place < count; place++) value[place] = reward[place]! - dollar * cost[place]!;
    solver.solve(filled, out);
  }

  /**
   * Exploration is for arms that may be asked, where bounds have room for it.
   * @returns the mean cost that is left for what is free to choose
   */
  function fillLeast(program: ShareProgram): number {
    let sum = 0;
    for (let place = 0; place < count; place++) {
      const mayBe = program.reward[place]! >= 0 && program.cost[place]! <= EXPLORED * program.budget;
      const own = mayBe ? Math.min(share, program.most[place]!) : 0;
      least[place] = Math.max(program.least[place]!, own);
      sum += least[place]!;
    }
    if (sum > 1) least.set(program.least);
    let held = 0;
    let spent = 0;
    for (let place = 0; place < count; place++) {
      held += least[place]!;
      spent += least[place]! * cost[place]!;
    }
    return held < 1 ? Math.max(0, program.budget - spent) / (1 - held) : 0;
  }

  function fillShares(features: Float32Array, program: ShareProgram): void {
    model.predict(features, shifts, factors);
    for (let place = 0; place < count; place++) {
      const arm = live[place]!;
      const known = arm >= 0 && program.reward[place]! >= 0;
      reward[place] = program.reward[place]! + (known ? shifts[arm]! : 0);
      cost[place] = program.cost[place]! * (known ? factors[arm]! : 1);
    }
    remembered.budget = fillLeast(program);
    price.add(remembered);
    most.set(program.most);
    fillAt(price.high, shares);
    if (!(price.chanceOfLow > 0)) return;
    fillAt(price.low, atLow);
    for (let place = 0; place < count; place++) shares[place]! += price.chanceOfLow * (atLow[place]! - shares[place]!);
    sumToOne(shares);
  }

  return {
    shares,
    fill: fillShares,
    route(features, program, random) {
      fillShares(features, program);
      return drawArm(shares, random);
    },
  };
}

/** An arm that costs more than so many budgets is too dear to be asked only to learn. */
const EXPLORED = 20;
