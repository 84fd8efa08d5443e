import type { ScanKernel } from './scan-kernel.js';

/** Signs are compared so many bytes at a time: those of a vector of the encoders, in three words. */
const BLOCK_BYTES = 48;
const FIRST_ROWS = 4096;

/**
 * The signs of vectors' values, one bit each: how many differ between two vectors says about how large their angle is
 * (Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002), in a 32nd of the memory.
 */
export class SignBits {
  readonly #kernel: ScanKernel;
  readonly #dimensions: number;
  readonly #stride: number;
  /** Where the signs begin, behind those of a query and the counts of distances. */
  readonly #start: number;
  #capacity = 0;

  constructor(kernel: ScanKernel, dimensions: number) {
    this.#kernel = kernel;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / 8 / BLOCK_BYTES) * BLOCK_BYTES;
    const counts = (dimensions + 1) * Uint32Array.BYTES_PER_ELEMENT;
    this.#start = this.#stride + Math.ceil(counts / 16) * 16;
  }

  get bytes(): number {
    return this.#kernel.bytes().byteLength;
  }

  /** @param row at most the number of rows so far */
  set(row: number, vector: Float32Array): void {
    if (row >= this.#capacity) this.#growTo(Math.max(FIRST_ROWS, this.#capacity * 2));
    this.#write(this.#start + row * this.#stride, vector);
  }

  /**
   * The rows with the fewest signs that differ from the query's, in no order, with all that are as near as the last one.
   * @param rows how many there are
   * @returns a view that is right until the next call
   */
  near(query: Float32Array, rows: number, most: number): Uint32Array {
    const kernel = this.#kernel;
    const counts = this.#stride;
    const distances = this.#start + this.#capacity * this.#stride;
    const found = distances + this.#capacity * Uint16Array.BYTES_PER_ELEMENT;
    this.#write(0, query);
    const counted = new Uint32Array(kernel.bytes().buffer, counts, this.#dimensions + 1).fill(0);
    kernel.distances(this.#start, 0, this.#stride, rows, distances, counts);
    let cut = 0;
    for (let so = counted[0]!; so < most && cut < this.#dimensions; so += counted[cut]!) cut++;
    return new Uint32Array(kernel.bytes().buffer, found, kernel.collect(distances, rows, cut, found));
  }

  #write(at: number, vector: Float32Array): void {
    const bytes = this.#kernel.bytes();
    for (let byte = 0; byte < this.#stride; byte++) {
      let bits = 0;
      // Beyond the last value there are no signs, for no vector.
      for (let bit = 0; bit < 8; bit++) if (vector[byte * 8 + bit]! > 0) bits |= 1 << bit;
      bytes[at + byte] = bits;
    }
  }

  /** Signs stay where they are; what comes behind them is only of use during a call. */
  #growTo(capacity: number): void {
    const perRow = this.#stride + Uint16Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT;
    this.#kernel.growTo(this.#start + capacity * perRow);
    this.#capacity = capacity;
  }
}
