import type { Random } from '../../ports/random.js';

/** Values within 1 % of each other are one bucket; its mean is kept exactly. */
const LOG_GROWTH = Math.log(1.01);

/** From so many values in a bucket on, a Poisson number of them is drawn as a normal one. */
const MANY = 30;

/** Amounts that do not fit in memory, such as costs of a million requests. Its size depends on how far apart they are. */
export class Distribution {
  readonly #buckets = new Map<number, { n: number; sum: number }>();
  #n = 0;
  #sum = 0;

  /** @param value finite and not negative */
  add(value: number): void {
    const key = value > 0 ? Math.ceil(Math.log(value) / LOG_GROWTH) : -Infinity;
    const bucket = this.#buckets.get(key);
    if (bucket) {
      bucket.n++;
      bucket.sum += value;
    } else this.#buckets.set(key, { n: 1, sum: value });
    this.#n++;
    this.#sum += value;
  }

  get n(): number {
    return this.#n;
  }

  /** Exact; undefined of nothing. */
  get mean(): number | undefined {
    return this.#n === 0 ? undefined : this.#sum / this.#n;
  }

  /** Nearest rank, within 1 %; undefined of nothing. */
  quantile(share: number): number | undefined {
    return this.#n === 0 ? undefined : quantileOf(this.#sorted(), share);
  }

  /**
   * What a statistic is in other samples of as many values: each value is taken a Poisson number of times, a bucket at once.
   * @returns so many values, smallest first; empty of nothing
   * @see Hanley and MacGibbon, Creating non-parametric bootstrap samples using Poisson frequencies (2006)
   */
  resample(statistic: 'mean' | 'p95', draws: number, random: Random): number[] {
    if (this.#n === 0) return [];
    const buckets = this.#sorted();
    return Array.from({ length: draws }, () => {
      const drawn = buckets.map(({ n, sum }) => {
        const count = poisson(n, random);
        return { n: count, sum: (sum / n) * count };
      });
      const taken = drawn.filter(({ n }) => n > 0);
      // Of very few values sometimes none is drawn: then it is those that there are.
      return statisticOf(taken.length > 0 ? taken : buckets, statistic);
    });
  }

  #sorted(): Bucket[] {
    return [...this.#buckets].toSorted(([a], [b]) => a - b).map(([, bucket]) => bucket);
  }
}

interface Bucket {
  readonly n: number;
  readonly sum: number;
}

function statisticOf(buckets: readonly Bucket[], statistic: 'mean' | 'p95'): number {
  if (statistic === 'p95') return quantileOf(buckets, 0.95);
  let [n, sum] = [0, 0];
  for (const bucket of buckets) {
    n += bucket.n;
    sum += bucket.sum;
  }
  return sum / n;
}

/** @param buckets smallest values first, not empty */
function quantileOf(buckets: readonly Bucket[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * buckets.reduce((sum, { n }) => sum + n, 0)));
  let passed = 0;
  const found = buckets.find(({ n }) => (passed += n) >= rank) ?? buckets.at(-1)!;
  return found.sum / found.n;
}

function poisson(mean: number, random: Random): number {
  if (mean >= MANY) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}
