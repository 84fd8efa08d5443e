/** What a self-test was made with. Another value of any field means it is made again. */
export interface SelfTestKey {
  /** sha256 of the variant's weights. */
  readonly variantId: string;
  readonly provider: string;
  /** Version of the inference runtime. */
  readonly runtimeVersion: string;
  /**
   * What decides which kernels run: model and instruction sets of the processor; of a browser its version and, where
   * there is one, its graphics adapter.
   */
  readonly cpu: string;
  /** Raised when what is tested, or how strictly, changes. */
  readonly format: number;
}

/** The provider of a host that others are compared with. */
export type ReferenceProvider = 'cpu' | 'wasm';

/**
 * What a provider's answers were compared with: the publisher's golden data, the answers of the reference provider, or
 * nothing, and then they are only known to be numbers of the right form.
 */
export type SelfTestBasis = 'golden' | ReferenceProvider | 'form';

/** Whether a provider answers rightly with a variant on this device. */
export type SelfTestVerdict =
  | { readonly kind: 'passed'; readonly basis: SelfTestBasis; readonly numbers: Readonly<Record<string, number>> }
  | {
      readonly kind: 'failed';
      readonly basis: SelfTestBasis;
      readonly reason: string;
      readonly numbers: Readonly<Record<string, number>>;
    };

/** It takes several times what another way to run the model takes here: nobody looked at what it answers. */
export interface Outrun {
  readonly kind: 'outrun';
}

export interface SelfTestRecord extends SelfTestKey {
  readonly verdict: SelfTestVerdict | Outrun;
  /**
   * Median time of the single runs it was tested with, in milliseconds, tokenization included; of one that was outrun,
   * the run that decided it. None in records that were made before times were kept.
   */
  readonly runMs?: number | undefined;
  readonly testedAtWallMs: number;
}

/**
 * Remembers self-tests between processes. It is asked before the first answer: reading is cheap, and damaged or
 * missing records are none.
 */
export interface SelfTestRecords {
  list(): Promise<readonly SelfTestRecord[]>;
  /**
   * Keeps a record in the place of an older one with the same key.
   * @throws StorageError when it cannot be kept for the next process; in this one it counts all the same
   */
  put(record: SelfTestRecord): Promise<void>;
}
