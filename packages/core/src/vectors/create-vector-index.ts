import { InvalidDataError } from '../errors/invalid-data-error.js';
import type { CreateVectorIndex, Neighbour, VectorIndex } from '../ports/vector-index.js';
import { dotProduct } from './dot-product.js';
import { NearestList } from './nearest-list.js';
import { createPlainKernel } from './plain-kernel.js';
import { RowScan } from './row-scan.js';
import type { ScanKernel } from './scan-kernel.js';
import { createWasmKernel } from './wasm-kernel.js';
import { VectorRows } from './vector-rows.js';

/** Up to so many every vector is compared; above it only those whose signs are most alike. */
const EXACT_ROWS = 500;
/** Of 100,000 sentences the nearest is among so many in 995 of 1,000 questions. */
const COMPARED_ROWS = 128;

/**
 * An index in memory. Nothing is built: what is added is found at once, and what is removed never again.
 * @throws RangeError when `dimensions` is no positive integer
 */
export const createVectorIndex: CreateVectorIndex = (dimensions) => new ScannedIndex(dimensions, fastestKernel);

/** @param createKernel called when there are many vectors */
export const createVectorIndexWith =
  (createKernel: () => ScanKernel): CreateVectorIndex =>
  (dimensions) =>
    new ScannedIndex(dimensions, createKernel);

function fastestKernel(): ScanKernel {
  try {
    return createWasmKernel();
  } catch {
    return createPlainKernel();
  }
}

class ScannedIndex implements VectorIndex {
  readonly dimensions: number;
  #rows: VectorRows | RowScan;
  /** By row. */
  readonly #ids: number[] = [];
  readonly #rowOf = new Map<number, number>();
  readonly #createKernel: () => ScanKernel;

  constructor(dimensions: number, createKernel: () => ScanKernel) {
    if (!Number.isInteger(dimensions) || dimensions < 1) throw new RangeError(`${dimensions} dimensions`);
    this.dimensions = dimensions;
    this.#rows = new VectorRows(dimensions);
    this.#createKernel = createKernel;
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
    if (this.#rows instanceof VectorRows && this.#ids.length > EXACT_ROWS) this.#rows = this.#forMany(this.#rows);
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
    const rows = this.#ids.length;
    // Whoever wants many gets them from more.
    const most = Math.max(COMPARED_ROWS, Math.floor(count) * 2);
    const offer = (row: number, dot: number): void => best.offer(this.#ids[row]!, dot);
    if (this.#rows instanceof RowScan && rows > Math.max(EXACT_ROWS, most)) this.#rows.near(unit, rows, most, offer);
    else for (let row = 0; row < rows; row++) offer(row, this.#rows.dot(row, unit));
    return best.all;
  }

  cosine(query: Float32Array, id: number): number | undefined {
    const unit = this.#unit(query);
    const row = this.#rowOf.get(id);
    return row === undefined ? undefined : this.#rows.dot(row, unit);
  }

  #forMany(few: VectorRows): RowScan {
    const many = new RowScan(this.#createKernel(), this.dimensions);
    for (let row = 0; row < this.#ids.length; row++) many.set(row, few.get(row));
    return many;
  }

  /** Of length 1, as dot products are cosines then. */
  #unit(vector: Float32Array): Float32Array {
    if (vector.length !== this.dimensions) {
      throw noVector(`A vector has ${vector.length} values instead of ${this.dimensions}.`);
    }
    const length = Math.sqrt(dotProduct(vector, 0, vector));
    // One value that is not finite makes the sum so.
    if (!Number.isFinite(length)) throw noVector('A vector has a value that is not finite.');
    if (length === 0) throw noVector('A vector has no direction: all its values are 0.');
    const unit = new Float32Array(vector.length);
    for (let i = 0; i < unit.length; i++) unit[i] = vector[i]! / length;
    return unit;
  }
}

const noVector = (message: string): InvalidDataError =>
  new InvalidDataError({ message, hint: 'Embed the text again, with the encoder of the other vectors.' });
