/** What goes over all rows, in memory that only it owns; places are byte offsets. */
export interface ScanKernel {
  /** All memory; another view after it has grown. */
  bytes(): Uint8Array<ArrayBuffer>;
  /** @throws RangeError when there is not so much */
  growTo(bytes: number): void;
  /**
   * Writes how many bits of each row differ from the query's, u16 [rows], and adds to the counts of distances.
   * @param stride bytes of a row, a multiple of 48
   */
  distances(bits: number, query: number, stride: number, rows: number, distances: number, counts: number): void;
  /** Writes rows no farther than `cut`, u32, in order. @returns how many */
  collect(distances: number, rows: number, cut: number, found: number): number;
}
