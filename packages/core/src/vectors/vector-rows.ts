/** Rows that are allocated at once, once there are as many: nothing is copied to make room for more. */
const CHUNK_ROWS = 1024;
const FIRST_ROWS = 16;

/** Unit vectors one after the other, in memory that grows with them. */
export class VectorRows {
  readonly #dimensions: number;
  readonly #chunks: Float32Array[] = [];

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  /** @param row at most the number of rows so far */
  set(row: number, vector: Float32Array): void {
    const index = Math.floor(row / CHUNK_ROWS);
    const within = row % CHUNK_ROWS;
    this.#roomFor(index, within).set(vector, within * this.#dimensions);
  }

  /** A view that is right until rows change. */
  get(row: number): Float32Array {
    const from = (row % CHUNK_ROWS) * this.#dimensions;
    return this.#chunks[Math.floor(row / CHUNK_ROWS)]!.subarray(from, from + this.#dimensions);
  }

  /** The dot product with a row. */
  dot(row: number, query: Float32Array): number {
    return dot(this.#chunks[Math.floor(row / CHUNK_ROWS)]!, (row % CHUNK_ROWS) * this.#dimensions, query);
  }

  /** Many indexes are small: only the first chunk is ever copied, from half its size to the whole of it. */
  #roomFor(index: number, within: number): Float32Array {
    const chunk = this.#chunks[index];
    const held = (chunk?.length ?? 0) / this.#dimensions;
    if (chunk && within < held) return chunk;
    const rows = index > 0 ? CHUNK_ROWS : Math.min(CHUNK_ROWS, Math.max(FIRST_ROWS, held * 2));
    const larger = new Float32Array(rows * this.#dimensions);
    if (chunk) larger.set(chunk);
    this.#chunks[index] = larger;
    return larger;
  }
}

/** Four sums at a time: a processor need not wait for one addition before it begins the next. */
function dot(values: Float32Array, from: number, query: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = query.length - (query.length % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    a += values[from + i]! * query[i]!;
    b += values[from + i + 1]! * query[i + 1]!;
    c += values[from + i + 2]! * query[i + 2]!;
    d += values[from + i + 3]! * query[i + 3]!;
  }
  for (; i < query.length; i++) a += values[from + i]! * query[i]!;
  return a + b + (c + d);
}
