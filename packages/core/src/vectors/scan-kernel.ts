/** What goes over all rows, in memory that only it owns; places are byte offsets. */
export interface ScanKernel {
  /** All memory, a multiple of 8; another view after it has grown. */
  bytes(): Uint8Array<ArrayBuffer>;
  /** @throws RangeError when there is not so much */
  growTo(bytes: number): void;
  /**
   * Writes how many of each row's first 128 signs differ from the query's, u8 [rows, up to the next 16].
   * @param signs by 16 rows: a byte of each of them, then the next byte of each, u8 [rows / 16, 16, 16]
   * @param query each byte 16 times, u8 [16, 16]
   */
  firstDistances(signs: number, query: number, rows: number, distances: number): void;
  /** How many are no farther than `cut`, of the rows up to the next 16. */
  countWithin(distances: number, rows: number, cut: number): number;
  /** Writes which are no farther than `cut`, u32, in order, of the rows up to the next 16. @returns how many */
  collect(distances: number, rows: number, cut: number, found: number): number;
  /**
   * Writes how many of all signs differ, u16, of each row that was found.
   * @param signs the other signs, u8 [rows, stride]
   * @param stride a multiple of 16
   */
  wholeDistances(
    found: number,
    count: number,
    signs: number,
    query: number,
    stride: number,
    distances: number,
    whole: number,
  ): void;
  /** The dot product of f32 [values] and f64 [values]: to the last bit that of `dot-product.ts`. */
  dot(vector: number, query: number, values: number): number;
}
