import type { BettingState, RolloutSide, Tally } from './rollout.js';

/**
 * Shares of the wealth that are bet on "the new side is worse". Which one grows fastest depends on how much worse it is,
 * so that each has a third of the wealth: the best of them is at most a factor of 3 behind.
 */
const BETS = [0.15, 0.35, 0.75] as const;

/**
 * Samples of both sides that a bet is made on. Means of several vary less than pairs do, which lets more be bet; of more
 * than that too few bets are left.
 */
const BLOCK = 6;

/** Of a test that has seen nothing. */
export const FRESH: BettingState = {
  wealth: 1,
  bets: BETS.map(() => 0),
  blocks: 0,
  seen: { new: { n: 0, sum: 0 }, old: { n: 0, sum: 0 } },
  open: { new: { n: 0, sum: 0 }, old: { n: 0, sum: 0 } },
};

/**
 * Tests by betting that the mean badness of the new side is at most that of the old side plus `margin`. A block of samples
 * has an outcome x = mean(new) - mean(old) - margin, whose expectation is then not above 0; a wealth that is multiplied by
 * 1 + bet x is a supermartingale, so that P(it ever reaches 1 / a) <= a, however often somebody looks. When a block ends
 * depends on the sides of its samples alone. Both sides are drawn from the same requests at the same time, so that a
 * change of the requests is no evidence; nothing is assumed of distributions but the bounds.
 *
 * Not all is staked at once: block k gets 1 / ((k + 1) (k + 2)) of the wealth, which sums to 1. Almost all of it is at work
 * after twenty blocks, and a model that turns bad after a thousand good ones is not found by what those have left, which
 * would be next to nothing, but by stakes made since.
 * @see Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting (2024)
 */
export class SequentialTest {
  readonly #margin: number;
  readonly #bets: number[];
  readonly #seen: Sides;
  readonly #open: Sides;
  #blocks: number;
  #wealth: number;

  /** @param margin points, not negative */
  constructor({ wealth, bets, blocks, seen, open }: BettingState, margin: number) {
    this.#margin = margin;
    this.#wealth = wealth;
    this.#bets = [...bets];
    this.#blocks = blocks;
    this.#seen = copy(seen);
    this.#open = copy(open);
  }

  get wealth(): number {
    return this.#wealth;
  }

  /** @param badness in [0, 1] */
  add(side: RolloutSide, badness: number): void {
    const seen = this.#seen;
    const open = this.#open;
    count(seen[side], badness);
    count(open[side], badness);
    const newOnes = (BLOCK * seen.new.n) / (seen.new.n + seen.old.n);
    if (open.new.n < atLeastOne(newOnes) || open.old.n < atLeastOne(BLOCK - newOnes)) return;
    this.#bet((meanOf(open.new) - meanOf(open.old) - this.#margin) / (1 + this.#margin));
    open.new.n = open.old.n = open.new.sum = open.old.sum = 0;
  }

  /** @param outcome in [-1, 1] */
  #bet(outcome: number): void {
    const stake = 1 / ((this.#blocks + 1) * (this.#blocks + 2));
    this.#blocks++;
    let sum = 0;
    for (let i = 0; i < BETS.length; i++) sum += this.#bets[i] = (this.#bets[i]! + stake) * (1 + BETS[i]! * outcome);
    // What was never staked is still there.
    this.#wealth = sum / BETS.length + 1 / (this.#blocks + 1);
  }

  /** What it goes on from. */
  state(): BettingState {
    return {
      wealth: this.#wealth,
      bets: [...this.#bets],
      blocks: this.#blocks,
      seen: copy(this.#seen),
      open: copy(this.#open),
    };
  }
}

type Sides = Record<RolloutSide, { n: number; sum: number }>;

function count(tally: { n: number; sum: number }, value: number): void {
  tally.n++;
  tally.sum += value;
}

const copy = (sides: Readonly<Record<RolloutSide, Tally>>): Sides => ({ new: { ...sides.new }, old: { ...sides.old } });

const atLeastOne = (samples: number): number => Math.max(1, Math.round(samples));

const meanOf = ({ n, sum }: Tally): number => sum / n;

/** By how much the new side looks worse; undefined while one side has nothing. */
export function excessOf({ seen }: BettingState): number | undefined {
  return seen.new.n > 0 && seen.old.n > 0 ? meanOf(seen.new) - meanOf(seen.old) : undefined;
}
