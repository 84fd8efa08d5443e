import { createBestSingle } from './policies/best-single.js';
import { createBwkUcb } from './policies/bwk-ucb.js';
import { createContextual } from './policies/contextual.js';
import { createEpsilonGreedy } from './policies/epsilon-greedy.js';
import { createGreedy } from './policies/greedy.js';
import { createKnowing } from './policies/knowing.js';
import { createRandom } from './policies/random.js';
import { createStageRoutePolicy } from './policies/stage-route.js';
import type { Policy, PolicyPorts } from './policy.js';
import type { AlgorithmName } from './scenario.js';

export function createPolicy(algorithm: AlgorithmName, ports: PolicyPorts): Policy {
  switch (algorithm) {
    case 'stageroute':
      return createStageRoutePolicy(ports);
    case 'contextual':
      return createContextual(ports);
    case 'greedy':
      return createGreedy(ports);
    case 'epsilon-greedy':
      return createEpsilonGreedy(ports);
    case 'random':
      return createRandom(ports);
    case 'best-single':
      return createBestSingle(ports);
    case 'static-lp':
      return createKnowing(ports, 'first-window');
    case 'bwk-ucb':
      return createBwkUcb(ports);
    case 'stage-oracle':
      return createKnowing(ports, 'every-window');
    default:
      return algorithm satisfies never;
  }
}
