/**
 * Keeps what models made of texts, so that a second fit computes nothing anew. What is lost is made again: no failure
 * of it is one of a fit.
 */
export interface FeatureCache {
  /**
   * @param space what made the features: the sha256 of the weights, with the content id of a delta where it was attached
   * @param keys sha256 of each text
   * @returns one row of features a key, in their order; undefined for those that are not known
   */
  read(space: string, keys: readonly string[]): Promise<readonly (Float32Array | undefined)[]>;
  /** @param rows by key, of equal length */
  write(space: string, rows: ReadonlyMap<string, Float32Array>): Promise<void>;
}
