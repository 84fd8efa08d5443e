import type { EngineModel } from '../ports/model-engine.js';
import type { LocatedFile } from '../ports/model-store.js';
import type { PlainTensor } from '../tasks/encoder-feeds.js';
import type { EncoderExtras } from './encoder-extras.js';
import type { TokenizerClass } from './text-tokenizer.js';

/** A graph that a runtime has accepted. `Tensor` is the runtime's own. */
export interface EncoderGraph<Tensor> {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Tokens worth computing for each real one so that several texts share a run. 0 where they cannot: it takes an open
   * first dimension of the token ids, and a mask that is read.
   */
  readonly maxPadding: number;
  /** The rank that stands for "no delta", with factors of zeros: 0 where the provider takes empty tensors. */
  readonly emptyRank: 0 | 1;
  /** @param isKept whether many runs are fed it, until it is let go: a runtime that copies what it is fed does so once */
  toTensor(tensor: PlainTensor, isKept?: boolean): Tensor;
  letGo?(tensor: Tensor): void;
  /**
   * @returns the named output, which the caller may keep and change
   * @throws EngineError when the runtime fails
   */
  run(feeds: Readonly<Record<string, Tensor>>, output: string): Promise<GraphOutput>;
  release(): Promise<void>;
}

interface GraphOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** What an encoder takes from the host that it runs on. */
export interface EncoderHost<Tensor> {
  /** @throws ArtifactMissingError, ArtifactCorruptError */
  readVerified(file: LocatedFile): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws EngineError when the runtime refuses the graph */
  openGraph(model: EngineModel): Promise<EncoderGraph<Tensor>>;
  loadTokenizerClass(): Promise<TokenizerClass>;
  /** A host need not have them at hand before they are asked for. */
  loadExtras(): Promise<EncoderExtras>;
  /** Milliseconds on a steady scale. */
  nowMs(): number;
}
