import { InfeasibleBudgetError } from '../../../errors/infeasible-budget-error.js';
import { createStageRoute } from '../../create-stage-route.js';
import type { Reshare } from '../../stage-route.js';
import type { Policy, PolicyPorts } from '../policy.js';

/** What more is known of single requests. Arms have the controller's numbers. */
export interface RequestContext {
  readonly reshare: Reshare;
  arrived(number: number): void;
  asks(row: number): void;
  learn(number: number, reward: number, cost: number, propensity: number): void;
}

/** A rare choice counts as this many at most. */
const MOST_WEIGHT = 50;

/** The controller itself. The simulation adds nothing of its own: arms are told as they arrive, and answers as they come. */
export function createStageRoutePolicy(
  { scenario, table, solver, random }: PolicyPorts,
  context?: RequestContext,
): Policy {
  const { settings, requests: horizon, carries, fixedCost } = scenario;
  const route = createStageRoute({ ...settings, horizon }, { solver });
  /** Its number in the controller, by arm of the table, and the other way round. */
  const numbers = new Int32Array(table.arms.length).fill(-1);
  const arms = new Int32Array(table.arms.length);
  const numberOf = (arm: number): number => {
    if (numbers[arm]! < 0) {
      numbers[arm] = route.addArm({ carries: carries[arm]!, fixedCost: fixedCost[arm]! });
      arms[numbers[arm]!] = arm;
      context?.arrived(numbers[arm]!);
    }
    return numbers[arm]!;
  };
  let live: readonly number[] = [];
  /** Who answers for those of the window that are not there any more; -1 while all are. */
  let standIn = -1;
  return {
    async startWindow({ available, requests }) {
      try {
        const plan = await route.startWindow({ available: available.map(numberOf), requests, held: new Map() });
        live = plan.live.map((number) => arms[number]!);
        standIn = -1;
      } catch (error) {
        if (live.length === 0 || !InfeasibleBudgetError.isInstance(error)) throw error;
        // By what is known, there is too little for any window: the one before stays in force, with those that are still there.
        const still = live.filter((arm) => available.includes(arm));
        if (still.length < live.length) standIn = still[0] ?? available[0]!;
        live = still.length > 0 ? still : [standIn];
      }
      for (const arm of live) route.spend(fixedCost[arm]!);
      return live;
    },
    choose(row) {
      context?.asks(row);
      const arm = arms[route.route(random, context?.reshare)]!;
      return standIn < 0 || live.includes(arm) ? arm : standIn;
    },
    learn(arm, reward, cost) {
      const number = numbers[arm]!;
      route.cost(number, cost);
      if (!context) return route.reward(number, reward, 1);
      // Who chooses by the request asks an arm about what it is good at: means are of all requests all the same.
      const propensity = route.shares[number]!;
      // Another one was full, and passed the request on.
      if (!(propensity > 0)) return;
      route.reward(number, reward, Math.min(MOST_WEIGHT, 1 / propensity));
      context.learn(number, reward, cost, propensity);
    },
  };
}
