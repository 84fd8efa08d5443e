import type { ShareProgram } from '../route/shares.js';

/** Requests that a price is made for: enough that a share of a few percent is met, few enough to follow a change. */
const REMEMBERED = 512;
/** A price is kept for so many requests, and made anew. */
const KEPT_FOR = 64;
const STEPS = 40;

/**
 * What a dollar is worth in reward, so that choosing for each request the arm of the highest reward less its cost at that price
 * spends the budget on average: found by bisection over the latest requests' values. Where requests differ little, spending
 * jumps at the price that is right: then there are two prices about the jump, and one of them is drawn.
 */
export class RequestPrice {
  /** At this price more than the budget is spent, at `high` no more. */
  low = 0;
  high = 0;
  /** P(`low`). */
  chanceOfLow = 0;
  readonly #arms: number;
  /** [REMEMBERED, arms] */
  readonly #rewards: Float64Array;
  readonly #costs: Float64Array;
  #seen = 0;
  #since = 0;
  #budget = NaN;

  constructor(arms: number) {
    this.#arms = arms;
    this.#rewards = new Float64Array(REMEMBERED * arms);
    this.#costs = new Float64Array(REMEMBERED * arms);
  }

  /** Remembers a request, and makes the price where it is due. */
  add({ reward, cost, budget }: Pick<ShareProgram, 'reward' | 'cost' | 'budget'>): void {
    const at = (this.#seen % REMEMBERED) * this.#arms;
    this.#rewards.set(reward, at);
    this.#costs.set(cost, at);
    this.#seen++;
    // While few are known every one of them changes the price.
    const kept = Math.min(KEPT_FOR, 1 + (this.#seen >> 3));
    const moved = !(Math.abs(budget - this.#budget) <= 0.02 * this.#budget);
    if (++this.#since < kept && !(moved && this.#since >= kept >> 2)) return;
    this.#since = 0;
    this.#budget = budget;
    this.#make(budget);
  }

  #make(budget: number): void {
    const free = this.#spending(0);
    this.low = this.high = 0;
    this.chanceOfLow = 0;
    if (free <= budget) return;
    let [spentLow, spentHigh] = [free, Infinity];
    this.high = 1;
    while (this.high < 1e12 && (spentHigh = this.#spending(this.high)) > budget) {
      this.low = this.high;
      spentLow = spentHigh;
      this.high *= 8;
    }
    for (let step = 0; step < STEPS && this.high - this.low > 1e-9 * this.high; step++) {
      const middle = (this.low + this.high) / 2;
      const spent = this.#spending(middle);
      if (spent > budget) [this.low, spentLow] = [middle, spent];
      else [this.high, spentHigh] = [middle, spent];
    }
    if (spentHigh <= budget && spentLow > spentHigh) this.chanceOfLow = (budget - spentHigh) / (spentLow - spentHigh);
  }

  /** Mean cost of the remembered requests. */
  #spending(price: number): number {
    const count = Math.min(this.#seen, REMEMBERED);
    let sum = 0;
    for (let row = 0; row < count * this.#arms; row += this.#arms) {
      let best = -Infinity;
      let cost = 0;
      for (let at = row; at < row + this.#arms; at++) {
        const value = this.#rewards[at]! - price * this.#costs[at]!;
        if (value <= best) continue;
        best = value;
        cost = this.#costs[at]!;
      }
      sum += cost;
    }
    return sum / count;
  }
}
