import type { RewardTable } from './reward-table.js';

/** Halvings of the multiplier's range: beyond what doubles can tell apart. */
const STEPS = 200;

/**
 * Mean reward of whoever knows every query's rewards and costs beforehand, and has to keep to a mean cost. For a price of
 * money each query takes the arm of the highest reward less its cost at that price; the lowest value over all prices
 * is that of the linear program (strong duality), and it is found by bisection of the spending, which falls with the price.
 * @param budget mean cost of a query, in US dollars; at least what the cheapest arm of each query costs
 * @param available numbers of the arms that count; not empty
 */
export function queryOracle(table: RewardTable, budget: number, available: readonly number[]): number {
  const free = bestAt(table, available, 0);
  if (free.cost <= budget) return free.reward;
  let low = 0;
  let high = priceThatHolds(table, available, budget);
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (bestAt(table, available, middle).cost > budget) low = middle;
    else high = middle;
  }
  const { reward, cost } = bestAt(table, available, high);
  // Queries for which two arms tie at this price spend what is left, at the price.
  return reward + high * (budget - cost);
}

/** A price of money at which the budget holds. */
function priceThatHolds(table: RewardTable, available: readonly number[], budget: number): number {
  let price = 1;
  while (Number.isFinite(price * 2) && bestAt(table, available, price).cost > budget) price *= 2;
  return price;
}

function bestAt({ rows, rewards, costs }: RewardTable, available: readonly number[], price: number) {
  let reward = 0;
  let cost = 0;
  for (let row = 0; row < rows; row++) {
    let best = available[0]!;
    let bestValue = -Infinity;
    for (const arm of available) {
      const value = rewards[arm]![row]! - price * costs[arm]![row]!;
      if (value > bestValue || (value === bestValue && costs[arm]![row]! < costs[best]![row]!)) {
        best = arm;
        bestValue = value;
      }
    }
    reward += rewards[best]![row]!;
    cost += costs[best]![row]!;
  }
  return { reward: reward / rows, cost: cost / rows };
}
