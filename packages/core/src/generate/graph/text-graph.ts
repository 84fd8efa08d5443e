/** Keys and values of some sequences, held by the host's runtime: nobody but its graph looks inside. */
export interface Caches {
  /** Sequences side by side. */
  readonly rows: number;
  /** Positions of each row that hold something; what lies behind is padding, and no mask covers it. */
  readonly lengths: readonly number[];
  readonly bytes: number;
  release(): void;
}

/** What a run is fed: new tokens behind what the caches hold. */
export interface TextFeed<C extends Caches> {
  /** Row by row, `columns` ids each. More than one column only where there is one row: prompts are read alone. */
  readonly ids: Int32Array;
  readonly columns: number;
  readonly caches: C;
  /** Whether `caches` are used again after this run; else the graph may write into them, and they are gone. */
  readonly keep: boolean;
  /** `none` of the parts of a prompt before its last. */
  readonly logits: 'last' | 'none';
}

export interface TextStep<C extends Caches> {
  /** f32 [rows, vocabulary] of the last column, valid until the next run; empty for `none`. */
  readonly logits: Float32Array;
  /** `lengths` are longer by the columns. */
  readonly caches: C;
}

/**
 * A causal language model that a runtime has accepted: logits and caches in, logits and caches out. It decides nothing;
 * one call at a time.
 */
export interface TextGraph<C extends Caches = Caches> {
  /** Width of the logits. */
  readonly vocabulary: number;
  /** Most sequences in one run. */
  readonly maxRows: number;
  /** Most tokens of a prompt in one run: where longer ones are computed wrongly, or for too long to be cancelled in. */
  readonly chunkTokens: number;
  /** Bytes that keys and values of one position take. */
  readonly bytesPerToken: number;
  /** Caches of one sequence without tokens. */
  empty(): C;
  /** @throws EngineError; then `caches` are gone, too */
  run(feed: TextFeed<C>): Promise<TextStep<C>>;
  /**
   * Rows of several caches side by side, in this order, right-padded.
   * @param keep whether the sources are used again; else they are gone, and rows that stay where they are in the buffers
   *   of the first source cost nothing: leave by swapping with the last row, join behind it
   */
  gather(rows: readonly { readonly caches: C; readonly row: number }[], keep: boolean): C;
  release(): Promise<void>;
}
