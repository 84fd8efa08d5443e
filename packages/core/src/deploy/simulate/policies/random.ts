import type { Policy, PolicyPorts } from '../policy.js';
import { createBaseline } from './baseline.js';

/** Any live arm, mixed with the cheapest so that the mean cost stays within the budget. */
export function createRandom(ports: PolicyPorts): Policy {
  const { random, scenario } = ports;
  const { budget } = scenario.settings;
  return createBaseline(ports, (seen) => ({
    choose(live) {
      const cheapest = seen.cheapest(live);
      const least = seen.meanCost[cheapest]!;
      let any = 0;
      for (const arm of live) any += seen.meanCost[arm]! / live.length;
      const share = any <= budget ? 1 : Math.max(0, (budget - least) / (any - least));
      return random() < share ? live[Math.floor(random() * live.length)]! : cheapest;
    },
  }));
}
