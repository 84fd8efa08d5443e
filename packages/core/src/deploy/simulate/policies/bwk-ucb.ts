import type { Policy, PolicyPorts } from '../policy.js';
import { createBaseline } from './baseline.js';

/** What a budget's worth of money may cost in reward; the optimal price lies between. */
const LEAST_PRICE = 1e-6;
const MOST_PRICE = 1e3;
const DELTA = 0.05;

/**
 * Bandit with a budget, primal and dual: the arm of the highest hope less its hoped-for cost at a price, which rises by a
 * factor when a request costs more than the budget and falls when it costs less.
 * @see Badanidiyuru, Kleinberg, Slivkins, Bandits with Knapsacks (2013)
 */
export function createBwkUcb(ports: PolicyPorts): Policy {
  const { requests, settings } = ports.scenario;
  const { budget } = settings;
  const gamma = Math.log((ports.table.arms.length * requests) / DELTA);
  return createBaseline(ports, (seen) => {
    let price = 1;
    const radius = (mean: number, asked: number): number => Math.sqrt((gamma * mean) / asked) + gamma / asked;
    return {
      choose(live) {
        let best = live[0]!;
        let bestScore = -Infinity;
        for (const arm of live) {
          const asked = seen.asked[arm]!;
          // Costs are measured in the dearest arm's, as rewards are: the radius is for values about 1.
          const cost = seen.dearest > 0 ? seen.meanCost[arm]! / seen.dearest : 0;
          const hope = Math.min(1, seen.meanReward[arm]! + radius(seen.meanReward[arm]!, asked));
          const least = Math.max(0, cost - radius(cost, asked)) * seen.dearest;
          const score = hope - (price * least) / budget;
          if (score > bestScore) {
            best = arm;
            bestScore = score;
          }
        }
        return best;
      },
      learnt(cost) {
        if (seen.dearest === 0) return;
        // The step of multiplicative weights over two resources, money and time, for costs up to the dearest arm's.
        const rate = Math.sqrt((Math.LN2 * seen.dearest) / (budget * requests));
        price *= Math.exp((rate * (cost - budget)) / seen.dearest);
        price = Math.min(MOST_PRICE, Math.max(LEAST_PRICE, price));
      },
    };
  });
}
