import type { Policy, PolicyPorts } from '../policy.js';
import { createBaseline } from './baseline.js';

const EPSILON = 0.1;

/** Greedy, but for a tenth of the requests, which go to any live arm. */
export function createEpsilonGreedy(ports: PolicyPorts): Policy {
  const { random, scenario } = ports;
  const { budget } = scenario.settings;
  return createBaseline(ports, (seen) => ({
    choose: (live) => (random() < EPSILON ? live[Math.floor(random() * live.length)]! : seen.bestWithin(live, budget)),
  }));
}
