import type { Policy, PolicyPorts } from '../policy.js';
import { Observations } from './observations.js';

/** What one baseline does differently from another. */
export interface BaselineRule {
  /** An arm for a request, once each of them was asked once and while there is money. @param live not empty */
  choose(live: readonly number[]): number;
  /** Hears of every answer after it was counted. */
  learnt?(cost: number): void;
  windowStarts?(): void;
}

/**
 * What all baselines share: the limits of StageRoute. They keep to Mmax with those arms that nobody has asked, then the
 * cheapest (which answers when the money is gone), then the best that the budget pays for; they ask each arm once; and they stop
 * paying when the budget of the whole horizon is spent.
 */
export function createBaseline({ scenario, table }: PolicyPorts, ruleOf: (seen: Observations) => BaselineRule): Policy {
  const { budget, maxLive } = scenario.settings;
  const money = budget * scenario.requests;
  const seen = new Observations(table.arms.length);
  const rule = ruleOf(seen);
  let live: readonly number[] = [];
  let untried = 0;
  return {
    async startWindow({ available }) {
      const cheapest = seen.cheapest(available);
      const rank = (arm: number): number => {
        if (maxLive > 1 && arm === cheapest) return 3;
        if (seen.asked[arm] === 0) return 2;
        return seen.meanReward[arm]! - (seen.meanCost[arm]! <= budget ? 0 : 1);
      };
      live = available.toSorted((a, b) => rank(b) - rank(a) || a - b).slice(0, maxLive);
      untried = live.filter((arm) => seen.asked[arm] === 0).length;
      for (const arm of live) seen.spent += scenario.fixedCost[arm]!;
      rule.windowStarts?.();
      return live;
    },
    choose() {
      if (seen.spent >= money) return seen.cheapest(live);
      if (untried > 0) for (const arm of live) if (seen.asked[arm] === 0) return arm;
      return rule.choose(live);
    },
    learn(arm, reward, cost) {
      if (seen.asked[arm] === 0) untried--;
      seen.add(arm, reward, cost);
      rule.learnt?.(cost);
    },
  };
}
