import { dotProduct } from './dot-product.js';
import { Rotation } from './rotation.js';
import { BLOCK_ROWS, FIRST_BYTES, placesOf, ROWS_SIDE_BY_SIDE, upTo, type BlockPlaces } from './row-block.js';
import type { ScanKernel } from './scan-kernel.js';

/** So many times the rows that are wanted go on to the second pass, of 100,000 sentences 2 %. */
const SECOND_PASS = 16;
/** Of what is no row. */
const NEVER_NEAR = 255;

/**
 * Many unit vectors. The near ones are found by the signs of turned vectors, one bit each: how many differ between two says about
 * how large their angle is (Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002). As fetching them is
 * what takes the time, a first pass over all rows reads 16 bytes of each, a second one the other signs of those that were
 * nearest, and only the nearest of these are compared in full.
 */
export class RowScan {
  readonly #kernel: ScanKernel;
  readonly #dimensions: number;
  readonly #rotation: Rotation;
  /** Bytes of a row's other signs. */
  readonly #stride: number;
  /** Where what is asked for lies, behind its first signs: its other signs, its values, and then the blocks. */
  readonly #otherSigns = FIRST_BYTES * ROWS_SIDE_BY_SIDE;
  readonly #query: number;
  readonly #start: number;
  readonly #places: BlockPlaces;
  #capacity = 0;
  #bytes = new Uint8Array(0);
  #found = new Uint32Array(0);
  #distances = new Uint16Array(0);
  #values = new Float32Array(0);

  constructor(kernel: ScanKernel, dimensions: number) {
    this.#kernel = kernel;
    this.#dimensions = dimensions;
    this.#rotation = new Rotation(dimensions);
    this.#stride = this.#rotation.values / 8 - FIRST_BYTES;
    this.#query = this.#otherSigns + this.#stride;
    this.#start = upTo(this.#query + dimensions * Float64Array.BYTES_PER_ELEMENT, FIRST_BYTES);
    this.#places = placesOf(dimensions, this.#stride);
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** @param row at most the number of rows so far */
  set(row: number, vector: Float32Array): void {
    if (row >= this.#capacity) this.#grow();
    const block = this.#blockOf(row);
    const within = row % BLOCK_ROWS;
    const side = within % ROWS_SIDE_BY_SIDE;
    const turned = this.#rotation.turn(vector);
    const first = block + (within - side) * FIRST_BYTES + side;
    for (let byte = 0; byte < FIRST_BYTES; byte++)
      this.#bytes[first + byte * ROWS_SIDE_BY_SIDE] = signsOf(turned, byte);
    this.#writeOthers(block + this.#places.others + within * this.#stride, turned);
    this.#values.set(vector, this.#valuesOf(row));
  }

  /** A view that is right until rows change. */
  get(row: number): Float32Array {
    const from = this.#valuesOf(row);
    return this.#values.subarray(from, from + this.#dimensions);
  }

  /** The dot product with a row. */
  dot(row: number, query: Float32Array): number {
    return dotProduct(this.#values, this.#valuesOf(row), query);
  }

  /**
   * Offers the rows with the fewest signs that differ from the query's, in order, with all that are as near as the last one.
   * @param rows how many there are
   * @param offer is told the row's dot product with the query
   */
  near(query: Float32Array, rows: number, most: number, offer: (row: number, dot: number) => void): void {
    this.#ask(query);
    const blocks = this.#blocksOf(rows);
    this.#firstPass(blocks);
    this.#secondPass(blocks, this.#firstCut(blocks, most * SECOND_PASS));
    const cut = this.#wholeCut(blocks, most);
    for (const [b, { at, near }] of blocks.entries()) {
      const found = (at + this.#places.found) / Uint32Array.BYTES_PER_ELEMENT;
      const distances = (at + this.#places.whole) / Uint16Array.BYTES_PER_ELEMENT;
      for (let i = 0; i < near; i++) {
        if (this.#distances[distances + i]! > cut) continue;
        const within = this.#found[found + i]!;
        const vector = at + this.#places.vectors + within * this.#dimensions * Float32Array.BYTES_PER_ELEMENT;
        offer(b * BLOCK_ROWS + within, this.#kernel.dot(vector, this.#query, this.#dimensions));
      }
    }
  }

  #ask(query: Float32Array): void {
    const turned = this.#rotation.turn(query);
    for (let byte = 0; byte < FIRST_BYTES; byte++) {
      const at = byte * ROWS_SIDE_BY_SIDE;
      this.#bytes.fill(signsOf(turned, byte), at, at + ROWS_SIDE_BY_SIDE);
    }
    this.#writeOthers(this.#otherSigns, turned);
    new Float64Array(this.#bytes.buffer, this.#query, this.#dimensions).set(query);
  }

  #blocksOf(rows: number): readonly AskedBlock[] {
    const blocks: AskedBlock[] = [];
    for (let from = 0; from < rows; from += BLOCK_ROWS)
      blocks.push({ at: this.#blockOf(from), rows: Math.min(BLOCK_ROWS, rows - from), near: 0 });
    return blocks;
  }

  #firstPass(blocks: readonly AskedBlock[]): void {
    for (const { at, rows } of blocks) {
      const distances = at + this.#places.distances;
      this.#kernel.firstDistances(at, 0, rows, distances);
      this.#bytes.fill(NEVER_NEAR, distances + rows, distances + upTo(rows, ROWS_SIDE_BY_SIDE));
    }
  }

  /** The least first distance within which there are so many rows. */
  #firstCut(blocks: readonly AskedBlock[], most: number): number {
    let [from, to] = [0, FIRST_BYTES * 8];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#countWithin(blocks, middle) >= most) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  #countWithin(blocks: readonly AskedBlock[], cut: number): number {
    let count = 0;
    for (const { at, rows } of blocks) count += this.#kernel.countWithin(at + this.#places.distances, rows, cut);
    return count;
  }

  #secondPass(blocks: readonly AskedBlock[], cut: number): void {
    const { others, distances, found, whole } = this.#places;
    for (const block of blocks) {
      const { at } = block;
      block.near = this.#kernel.collect(at + distances, block.rows, cut, at + found);
      this.#kernel.wholeDistances(
        at + found,
        block.near,
        at + others,
        this.#otherSigns,
        this.#stride,
        at + distances,
        at + whole,
      );
    }
  }

  /** The least distance by all signs within which there are so many of those that were found. */
  #wholeCut(blocks: readonly AskedBlock[], most: number): number {
    const counted = new Uint32Array(this.#rotation.values + 1);
    for (const { at, near } of blocks) {
      const distances = (at + this.#places.whole) / Uint16Array.BYTES_PER_ELEMENT;
      for (let i = 0; i < near; i++) counted[this.#distances[distances + i]!]!++;
    }
    let cut = 0;
    for (let so = counted[0]!; so < most && cut < this.#rotation.values; so += counted[cut]!) cut++;
    return cut;
  }

  #writeOthers(at: number, turned: Float32Array): void {
    for (let byte = 0; byte < this.#stride; byte++) this.#bytes[at + byte] = signsOf(turned, FIRST_BYTES + byte);
  }

  #blockOf(row: number): number {
    return this.#start + Math.floor(row / BLOCK_ROWS) * this.#places.bytes;
  }

  /** Where a row's values begin, in values. */
  #valuesOf(row: number): number {
    const vectors = this.#blockOf(row) + this.#places.vectors;
    return vectors / Float32Array.BYTES_PER_ELEMENT + (row % BLOCK_ROWS) * this.#dimensions;
  }

  #grow(): void {
    this.#kernel.growTo(this.#blockOf(this.#capacity + BLOCK_ROWS));
    this.#capacity += BLOCK_ROWS;
    this.#bytes = this.#kernel.bytes();
    const { buffer } = this.#bytes;
    this.#distances = new Uint16Array(buffer);
    this.#found = new Uint32Array(buffer);
    this.#values = new Float32Array(buffer);
  }
}

/** A block while something is looked for. */
interface AskedBlock {
  /** Where it begins, in bytes. */
  readonly at: number;
  /** How many rows it has. */
  readonly rows: number;
  /** How many of them go on to the second pass. */
  near: number;
}

/** Of eight values. */
function signsOf(turned: Float32Array, byte: number): number {
  let bits = 0;
  for (let bit = 0; bit < 8; bit++) if (turned[byte * 8 + bit]! > 0) bits |= 1 << bit;
  return bits;
}
