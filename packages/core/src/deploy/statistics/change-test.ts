/** Values come in blocks of this many, and after each block is looked at. */
const BLOCK = 8;
/** Blocks of one size that are kept apart before the two oldest become one of twice the size. */
const BLOCKS_A_SIZE = 4;
const SIZES = 32;
const ROW = BLOCKS_A_SIZE + 1;

/**
 * Whether the mean of values in [0, 1] has changed, in either direction and at any time: the generalised likelihood ratio
 * of Bernoulli variables (whose deviations bound those of all values in [0, 1]) over splits into before and after. The
 * splits are fine near the end and coarse far back, so that the test takes the same memory for ever. Allocates nothing.
 * @see Besson & Kaufmann, "The Generalized Likelihood Ratio Test meets klUCB" (arXiv 1902.01575): threshold log(n^1.5 / alpha)
 */
export class ChangeTest {
  /** By size and age, oldest first: the sum of a block of BLOCK * 2^size values. */
  readonly #sums = new Float64Array(SIZES * ROW);
  readonly #blocks = new Int32Array(SIZES);
  #block = 0;
  #inBlock = 0;
  #total = 0;
  #values = 0;
  #alpha: number;

  /** @param alpha P(it finds a change where there is none), ever */
  constructor(alpha: number) {
    this.#alpha = alpha;
  }

  begin(alpha: number): void {
    this.#alpha = alpha;
    this.#sums.fill(0);
    this.#blocks.fill(0);
    this.#block = this.#inBlock = this.#total = this.#values = 0;
  }

  /** @returns whether the mean has changed */
  add(value: number): boolean {
    this.#block += value;
    if (++this.#inBlock < BLOCK) return false;
    this.#total += this.#block;
    this.#values += BLOCK;
    this.#keep(0, this.#block);
    this.#block = this.#inBlock = 0;
    return this.#hasChanged();
  }

  #keep(size: number, sum: number): void {
    const row = size * ROW;
    this.#sums[row + this.#blocks[size]!++] = sum;
    if (this.#blocks[size]! <= BLOCKS_A_SIZE) return;
    const oldest = this.#sums[row]! + this.#sums[row + 1]!;
    this.#sums.copyWithin(row, row + 2, row + ROW);
    this.#blocks[size]! -= 2;
    this.#keep(size + 1, oldest);
  }

  #hasChanged(): boolean {
    const [values, total] = [this.#values, this.#total];
    const whole = values * entropy(total / values);
    const threshold = 1.5 * Math.log(values) - Math.log(this.#alpha);
    if (whole < threshold) return false;
    let [after, sum] = [0, 0];
    for (let size = 0; this.#blocks[size]! > 0; size++) {
      for (let age = this.#blocks[size]! - 1; age >= 0; age--) {
        after += BLOCK * 2 ** size;
        sum += this.#sums[size * ROW + age]!;
        const before = values - after;
        if (before === 0) return false;
        const parts = before * entropy((total - sum) / before) + after * entropy(sum / after);
        if (whole - parts > threshold) return true;
      }
    }
    return false;
  }
}

/** In nats; rounding may have brought a mean a little out of [0, 1]. */
function entropy(mean: number): number {
  if (mean <= 0 || mean >= 1) return 0;
  return -mean * Math.log(mean) - (1 - mean) * Math.log1p(-mean);
}
