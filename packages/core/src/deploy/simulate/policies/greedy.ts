import type { Policy, PolicyPorts } from '../policy.js';
import { createBaseline } from './baseline.js';

/** The best mean reward so far among arms whose mean cost is within the budget. */
export function createGreedy(ports: PolicyPorts): Policy {
  const { budget } = ports.scenario.settings;
  return createBaseline(ports, (seen) => ({ choose: (live) => seen.bestWithin(live, budget) }));
}
