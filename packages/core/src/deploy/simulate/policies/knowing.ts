import { drawArm } from '../../route/draw-arm.js';
import { planKnowing } from '../plan-knowing.js';
import type { Policy, PolicyPorts, SimulatedWindow } from '../policy.js';
import { mean } from '../columns.js';

/**
 * Who knows the true means: of every window (the stage oracle), or of the first one only (the static program, which keeps its
 * shares whatever happens). References, not baselines.
 */
export function createKnowing(
  { scenario, table, solver, random }: PolicyPorts,
  knows: 'every-window' | 'first-window',
): Policy {
  const money = scenario.settings.budget * scenario.requests;
  const shares = new Float64Array(table.arms.length);
  let live: readonly number[] = [];
  let cheapest = 0;
  let spent = 0;
  return {
    async startWindow(window) {
      if (window.index === 0 || knows === 'every-window') await plan(window);
      else keepTo(window.available);
      for (const arm of live) spent += scenario.fixedCost[arm]!;
      const costs = table.costs.map(mean);
      cheapest = live.reduce((best, arm) => (costs[arm]! < costs[best]! ? arm : best), live[0]!);
      return live;
    },
    choose: () => (spent >= money ? cheapest : drawArm(shares, random)),
    learn(_, __, cost) {
      spent += cost;
    },
  };

  async function plan({ available, requests }: SimulatedWindow): Promise<void> {
    const { rewards, costs } = table;
    const means = { meanReward: Float64Array.from(rewards, mean), meanCost: Float64Array.from(costs, mean) };
    const planned = await planKnowing({ window: { available, requests, ...means }, scenario, solver });
    shares.set(planned.shares);
    live = planned.live;
  }

  /** Shares of those who have left go to the others in proportion; whoever has come is not known. */
  function keepTo(available: readonly number[]): void {
    const left = live.filter((arm) => available.includes(arm));
    live = left.length > 0 ? left : available.slice(0, 1);
    const sum = live.reduce((total, arm) => total + shares[arm]!, 0);
    for (const arm of shares.keys()) {
      const share = live.includes(arm) ? shares[arm]! : 0;
      shares[arm] = sum > 0 ? share / sum : Number(arm === live[0]);
    }
  }
}
