import { InvalidDataError } from '../errors/invalid-data-error.js';
import type { CreateVectorIndex, Neighbour, VectorIndex } from '../ports/vector-index.js';
import { NearestList } from './nearest-list.js';
import { VectorRows } from './vector-rows.js';

/** An index in memory. @throws RangeError when `dimensions` is no positive integer */
export const createVectorIndex: CreateVectorIndex = (dimensions) => new ScannedIndex(dimensions);

class ScannedIndex implements VectorIndex {
  readonly dimensions: number;
  readonly #rows: VectorRows;
  /** By row. */
  readonly #ids: number[] = [];
  readonly #rowOf = new Map<number, number>();

  constructor(dimensions: number) {
    if (!Number.isInteger(dimensions) || dimensions < 1) throw new RangeError(`${dimensions} dimensions`);
    this.dimensions = dimensions;
    this.#rows = new VectorRows(dimensions);
  }

  get size(): number {
    return this.#ids.length;
  }

  get bytes(): number {
    return this.#rows.bytes;
  }

  add(id: number, vector: Float32Array): void {
    const unit = this.#unit(vector);
    const row = this.#rowOf.get(id) ?? this.#ids.length;
    this.#rows.set(row, unit);
    this.#ids[row] = id;
    this.#rowOf.set(id, row);
  }

  remove(id: number): boolean {
    const row = this.#rowOf.get(id);
    if (row === undefined) return false;
    // The last one takes its place, so that rows are always one after the other.
    const last = this.#ids.length - 1;
    const lastId = this.#ids[last]!;
    if (row !== last) {
      this.#rows.set(row, this.#rows.get(last));
      this.#ids[row] = lastId;
      this.#rowOf.set(lastId, row);
    }
    this.#ids.pop();
    this.#rowOf.delete(id);
    return true;
  }

  search(query: Float32Array, count: number): readonly Neighbour[] {
    const unit = this.#unit(query);
    if (!(count >= 1)) return [];
    const best = new NearestList(Math.floor(count));
    for (let row = 0; row < this.#ids.length; row++) best.offer(this.#ids[row]!, this.#rows.dot(row, unit));
    return best.all;
  }

  cosine(query: Float32Array, id: number): number | undefined {
    const unit = this.#unit(query);
    const row = this.#rowOf.get(id);
    return row === undefined ? undefined : this.#rows.dot(row, unit);
  }

  /** Of length 1, as dot products are cosines then. */
  #unit(vector: Float32Array): Float32Array {
    if (vector.length !== this.dimensions) {
      throw noVector(`A vector has ${vector.length} values instead of ${this.dimensions}.`);
    }
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    // One value that is not finite makes the sum so.
    if (!Number.isFinite(length)) throw noVector('A vector has a value that is not finite.');
    if (length === 0) throw noVector('A vector has no direction: all its values are 0.');
    return vector.map((value) => value / length);
  }
}

const noVector = (message: string): InvalidDataError =>
  new InvalidDataError({ message, hint: 'Embed the text again, with the encoder of the other vectors.' });
