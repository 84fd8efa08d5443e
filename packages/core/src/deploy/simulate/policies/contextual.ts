import { ContextLearner } from '../../context/context-learner.js';
import { createContextRoute, type ContextRoute } from '../../context/context-route.js';
import type { Policy, PolicyPorts } from '../policy.js';
import { createStageRoutePolicy } from './stage-route.js';

/**
 * The controller, and what it learns of queries' features as it goes: means, bounds, windows and the pace are StageRoute's, and
 * what a query says shifts them.
 * @throws RangeError where the table has no features
 */
export function createContextual(ports: PolicyPorts): Policy {
  const { table, random } = ports;
  if (!table.features) throw new RangeError('there are no features to route by');
  const { width, values } = table.features;
  const learner = new ContextLearner({ widths: [width], arms: [], random });
  let features: Float32Array | undefined;
  let window: { readonly live: readonly number[]; readonly route: ContextRoute } | undefined;
  return createStageRoutePolicy(ports, {
    arrived: (number) => learner.addArm(`${number}`),
    asks(row) {
      features = learner.featuresOf(values.subarray(row * width, (row + 1) * width));
    },
    reshare(program, live, shares) {
      if (!features) return;
      if (window?.live !== live) window = { live, route: createContextRoute({ model: learner.learnt!.model, live }) };
      window.route.fill(features, program);
      shares.set(window.route.shares);
    },
    learn(arm, reward, cost, propensity) {
      if (features) learner.learnt!.model.learn({ features, arm, reward, cost, propensity });
    },
  });
}
