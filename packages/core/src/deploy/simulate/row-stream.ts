import type { Random } from '../../ports/random.js';

/** Rows of a table in passes, each in an order of its own. */
export class RowStream {
  readonly #order: Int32Array;
  readonly #random: Random;
  #at: number;

  constructor(rows: number, random: Random) {
    this.#order = Int32Array.from({ length: rows }, (_, row) => row);
    this.#random = random;
    this.#at = rows;
  }

  next(): number {
    if (this.#at === this.#order.length) this.#shuffle();
    return this.#order[this.#at++]!;
  }

  /** Fisher and Yates. */
  #shuffle(): void {
    const order = this.#order;
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      const row = order[i]!;
      order[i] = order[j]!;
      order[j] = row;
    }
    this.#at = 0;
  }
}
