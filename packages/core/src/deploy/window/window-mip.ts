import type { MipProgram, MipRow } from '../../ports/mip-solver.js';
import type { WindowProgram } from './window-program.js';

/** What is looked for: the best window within the budget, or the cheapest there is. */
export type WindowAim = 'best' | 'cheapest';

/** What a share of an arm that is live is worth more: less than anybody could know, and enough to decide between equals. */
const STAY = 1e-8;

/**
 * Variables are the share d and the switch z of each candidate. Maximises sum(reward d) within the budget, or the budget
 * itself, subject to sum(d) = 1, least z <= d <= carries z, sum(z) <= maxLive, and z = 1 where it is required.
 * @param candidates numbers of the arms that count
 */
export function windowMip(program: WindowProgram, candidates: readonly number[], aim: WindowAim): MipProgram {
  const { rewardUpper, costLower, carries, fixedCost, required, live, least, maxLive, requests, budget } = program;
  const count = candidates.length;
  const costs = new Float64Array(2 * count);
  for (const [i, arm] of candidates.entries()) {
    costs[i] = costLower[arm]!;
    costs[count + i] = fixedCost[arm]! / requests;
  }
  // Dollars are small, and solvers take what is below their tolerance for nothing.
  const scale = aim === 'best' && budget > 0 && Number.isFinite(budget) ? budget : Math.max(...costs) || 1;
  for (const [column, cost] of costs.entries()) costs[column] = cost / scale;
  const all = Int32Array.from(costs.keys());
  const one = (columns: Int32Array): Float64Array => new Float64Array(columns.length).fill(1);
  const [shares, switches] = [all.slice(0, count), all.slice(count)];
  const rows: MipRow[] = [
    { columns: shares, values: one(shares), low: 1, high: 1 },
    { columns: switches, values: one(switches), low: 0, high: maxLive },
  ];
  if (aim === 'best') rows.push({ columns: all, values: costs, low: -Infinity, high: budget / scale });
  for (const [i, arm] of candidates.entries()) {
    const columns = Int32Array.of(i, count + i);
    rows.push({ columns, values: Float64Array.of(1, -carries[arm]!), low: -Infinity, high: 0 });
    if (least[arm]! > 0) rows.push({ columns, values: Float64Array.of(1, -least[arm]!), low: 0, high: Infinity });
    if (required[arm] === 1)
      rows.push({ columns: Int32Array.of(count + i), values: Float64Array.of(1), low: 1, high: 1 });
  }
  const reward = new Float64Array(2 * count);
  for (const [i, arm] of candidates.entries()) reward[i] = rewardUpper[arm]! + STAY * live[arm]!;
  return {
    objective: aim === 'best' ? reward : costs.map((cost) => -cost),
    upper: one(all),
    whole: Uint8Array.from(all, (column) => Number(column >= count)),
    rows,
  };
}
