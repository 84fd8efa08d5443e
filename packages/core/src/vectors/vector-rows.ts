import { dotProduct } from './dot-product.js';

const FIRST_ROWS = 16;

/** A few unit vectors one after the other, in memory that grows with them. */
export class VectorRows {
  readonly #dimensions: number;
  #values = new Float32Array(0);

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  /** @param row at most the number of rows so far */
  set(row: number, vector: Float32Array): void {
    const from = row * this.#dimensions;
    if (from >= this.#values.length) {
      const larger = new Float32Array(Math.max(FIRST_ROWS, row * 2) * this.#dimensions);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values.set(vector, from);
  }

  /** A view that is right until rows change. */
  get(row: number): Float32Array {
    return this.#values.subarray(row * this.#dimensions, (row + 1) * this.#dimensions);
  }

  /** The dot product with a row. */
  dot(row: number, query: Float32Array): number {
    return dotProduct(this.#values, row * this.#dimensions, query);
  }
}
