/** What speaks against composing deltas, in numbers. */
export type Conflict =
  /** Both change the same directions of the same matrices. */
  | {
      readonly kind: 'subspace-overlap';
      readonly domains: readonly [string, string];
      /** Mean squared cosine of the principal angles, weighted by the norms of the updates, in [0, 1]. */
      readonly overlap: number;
    }
  /** One name, two meanings: they stay apart by their prefixes. */
  | { readonly kind: 'label-clash'; readonly labels: readonly string[] }
  /** Accuracy on the domain's own rows, alone and composed. */
  | {
      readonly kind: 'accuracy-lost';
      readonly domain: string;
      readonly before: number;
      readonly after: number;
      readonly rows: number;
      /** The base for which no delta is made, as too much is lost on it; absent where one is made all the same. */
      readonly leftOut?: string | undefined;
    };

export interface ConflictReport {
  /** `refused`: the composed delta is not made. */
  readonly verdict: 'none' | 'warned' | 'refused';
  readonly conflicts: readonly Conflict[];
}
