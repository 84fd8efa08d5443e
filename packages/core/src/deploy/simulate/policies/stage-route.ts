import { InfeasibleBudgetError } from '../../../errors/infeasible-budget-error.js';
import { createStageRoute } from '../../create-stage-route.js';
import type { Policy, PolicyPorts } from '../policy.js';

/** The controller itself. The simulation adds nothing of its own: arms are told as they arrive, and answers as they come. */
export function createStageRoutePolicy({ scenario, table, solver, random }: PolicyPorts): Policy {
  const { settings, requests: horizon, carries, fixedCost } = scenario;
  const route = createStageRoute({ ...settings, horizon }, { solver });
  /** Its number in the controller, by arm of the table, and the other way round. */
  const numbers = new Int32Array(table.arms.length).fill(-1);
  const arms = new Int32Array(table.arms.length);
  const numberOf = (arm: number): number => {
    if (numbers[arm]! < 0) {
      numbers[arm] = route.addArm({ carries: carries[arm]!, fixedCost: fixedCost[arm]! });
      arms[numbers[arm]!] = arm;
    }
    return numbers[arm]!;
  };
  let live: readonly number[] = [];
  return {
    async startWindow({ available, requests }) {
      try {
        const plan = await route.startWindow({ available: available.map(numberOf), requests, held: new Map() });
        live = plan.live.map((number) => arms[number]!);
      } catch (error) {
        // Too little is left for any window: the one before stays in force, as long as all its models are there.
        const stays = live.length > 0 && live.every((arm) => available.includes(arm));
        if (!stays || !InfeasibleBudgetError.isInstance(error)) throw error;
      }
      for (const arm of live) route.spend(fixedCost[arm]!);
      return live;
    },
    choose: () => arms[route.route(random)]!,
    learn(arm, reward, cost) {
      route.reward(numbers[arm]!, reward, 1);
      route.cost(numbers[arm]!, cost);
    },
  };
}
