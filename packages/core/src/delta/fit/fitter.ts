import type { EngineModel } from '../../ports/model-engine.js';
import type { Matrix } from '../../ports/mat-mul.js';
import type { StoredTensor } from '../safetensors.js';
import type { Head } from './head.js';

/** How far a fit is; `total` may grow. */
export interface FitterProgress {
  readonly done: number;
  readonly total: number;
}

export interface FitterOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FitterProgress) => void) | undefined;
}

/**
 * The numbers part of a fit, off the thread that answers requests: a worker thread with products of its own. Everything
 * that crosses is plain data.
 */
export interface Fitter {
  /** @throws InvalidDataError, EngineError, the signal's reason */
  fitHead(job: HeadJob, options?: FitterOptions): Promise<FittedHead>;
  /**
   * Low-rank factors on the last layers; undefined where cross-validation finds that they do not pay, or where the
   * model cannot be trained here.
   * @throws EngineError, ArtifactCorruptError, the signal's reason
   */
  fitFactors(job: FactorJob, options?: FitterOptions): Promise<FittedFactors | undefined>;
  close(): Promise<void>;
}

/** Labelled rows of a fit: an index into `labels` and a weight for each. */
interface LabelledRows {
  readonly labels: readonly string[];
  /** [rows] */
  readonly truth: Int32Array<ArrayBuffer>;
  /** [rows], in (0, 1]; all 1 where it is absent. */
  readonly weights?: Float32Array<ArrayBuffer> | undefined;
  /** Of folds and of everything else that is drawn: the same job gives the same head. */
  readonly seed: number;
}

export interface HeadJob extends LabelledRows {
  /** [rows, features] */
  readonly features: Matrix;
  /** [labels, features]: what the model makes of the labels' own names, for a prior. */
  readonly labelFeatures?: Matrix | undefined;
  /**
   * The head in force, whose labels are all among `labels`. Where some of them have no rows here and there are
   * `labelFeatures` it is extended, and their columns are kept bit by bit.
   */
  readonly current?: Head | undefined;
  /** Predictions of each row by fits without it take as many more fits; without them only the head comes back. */
  readonly crossValidate: boolean;
}

export interface FittedHead {
  readonly head: Head;
  readonly method: 'logistic' | 'incremental';
  /** What was chosen by cross-validation, for reports: the inverse of scikit-learn's `C`. */
  readonly penalty: number;
  /** How long the weights are that label names alone would have; 0 where they have no say. */
  readonly priorStrength: number;
  /** [rows, labels] logits by fits without the row; absent unless it was asked for. */
  readonly outOfFold: Matrix | undefined;
}

export interface FactorJob extends LabelledRows {
  /** The variant whose weights are read; files are opened, and hashed, where the fit runs. */
  readonly model: EngineModel;
  readonly texts: readonly string[];
  /** A head over the frozen base, by which training is timed before it begins. */
  readonly frozen: Head;
  /** Most time that training and its cross-validation may take. */
  readonly budgetMs: number;
}

export interface FittedFactors {
  readonly rank: number;
  /** By PEFT's names, scale 1: `...layer.5.attention.self.query.lora_A.weight` [rank, hidden] and so on. */
  readonly factors: ReadonlyMap<string, StoredTensor>;
  /** Out-of-fold accuracy with and without them, over the same folds. */
  readonly accuracy: number;
  readonly frozenAccuracy: number;
}
