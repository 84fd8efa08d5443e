/** Tokens that may be drawn with their weights, kept from draw to draw: nothing is allocated for a token. */
export class Candidates {
  readonly tokens: Int32Array;
  readonly weights: Float64Array;
  count = 0;
  sum = 0;

  constructor(most: number) {
    this.tokens = new Int32Array(most);
    this.weights = new Float64Array(most);
  }

  clear(): void {
    this.count = 0;
    this.sum = 0;
  }

  add(token: number, weight: number): void {
    this.tokens[this.count] = token;
    this.weights[this.count] = weight;
    this.count++;
    this.sum += weight;
  }

  /**
   * Keeps the heaviest: as many as there are until they are `most` or weigh `mass` together, and at least one. A
   * quickselect: nothing is sorted, and what is left is in no order.
   */
  keepHeaviest(most: number, mass: number): void {
    let [from, to] = [0, this.count];
    let sum = 0;
    while (to - from > 0 && from < most && sum < mass) {
      const [heavier, lighter, weight] = this.#split(from, to);
      let heavySum = 0;
      for (let i = from; i < heavier; i++) heavySum += this.weights[i]!;
      if (heavier >= most || sum + heavySum >= mass) {
        // The last one that is kept is among the heavier ones; were they empty, both limits would have been met before.
        to = heavier;
        continue;
      }
      sum += heavySum;
      from = heavier;
      while (from < lighter && from < most && sum < mass) {
        sum += weight;
        from++;
      }
    }
    this.count = from;
    this.sum = sum;
  }

  /** @param draw in [0, 1) */
  pick(draw: number): number {
    let left = draw * this.sum;
    for (let i = 0; i < this.count - 1; i++) {
      left -= this.weights[i]!;
      if (left < 0) return this.tokens[i]!;
    }
    return this.tokens[this.count - 1]!;
  }

  /** @returns where those as heavy as the pivot begin, where the lighter ones do, and the pivot's weight */
  #split(from: number, to: number): readonly [heavier: number, lighter: number, weight: number] {
    const pivot = this.weights[(from + to) >> 1]!;
    let heavier = from;
    let lighter = to;
    for (let i = from; i < lighter;) {
      const weight = this.weights[i]!;
      if (weight > pivot) this.#swap(i++, heavier++);
      else if (weight < pivot) this.#swap(i, --lighter);
      else i++;
    }
    return [heavier, lighter, pivot];
  }

  #swap(i: number, j: number): void {
    const { tokens, weights } = this;
    const token = tokens[i]!;
    const weight = weights[i]!;
    tokens[i] = tokens[j]!;
    weights[i] = weights[j]!;
    tokens[j] = token;
    weights[j] = weight;
  }
}
