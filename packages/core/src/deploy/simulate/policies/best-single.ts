import type { Policy, PolicyPorts } from '../policy.js';
import { createBaseline } from './baseline.js';

/**
 * Explore, then commit: every live arm is asked equally often, T^(2/3) times in all, and the best one that the budget pays for
 * answers the rest of the window.
 */
export function createBestSingle(ports: PolicyPorts): Policy {
  const { requests, settings } = ports.scenario;
  const each = Math.ceil(requests ** (2 / 3) / ports.table.arms.length);
  return createBaseline(ports, (seen) => {
    let committed = -1;
    return {
      windowStarts() {
        committed = -1;
      },
      choose(live) {
        if (committed >= 0) return committed;
        let rarest = live[0]!;
        for (const arm of live) if (seen.asked[arm]! < seen.asked[rarest]!) rarest = arm;
        if (seen.asked[rarest]! < each) return rarest;
        committed = seen.bestWithin(live, settings.budget);
        return committed;
      },
    };
  });
}
