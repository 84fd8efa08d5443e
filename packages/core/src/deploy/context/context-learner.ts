import type { Random } from '../../ports/random.js';
import type { ContextModel } from './context-model.js';
import { createContextModel } from './create-context-model.js';
import { fitLandmarks, type LandmarkMap } from './landmark-map.js';

/** Requests whose embeddings are collected before landmarks are made of them. */
const COLLECTED = 300;
const LANDMARKS = 128;

export interface ContextLearnerSettings {
  /** Widths of the models' embeddings, which lie one after the other in a row. */
  readonly widths: readonly number[];
  /** Ids of the deployed models, by arm. */
  readonly arms: readonly string[];
  readonly random: Random;
  readonly forgetting?: number | undefined;
  /** What was learnt before. */
  readonly kept?: LearntContext | undefined;
}

/** Landmarks, and what was learnt of them. */
export interface LearntContext {
  readonly landmarks: LandmarkMap;
  readonly model: ContextModel;
}

/**
 * Learns from nothing: the first requests are collected to find landmarks among them, and routed as if nothing were known of
 * them; from then on rewards are learnt as they come.
 */
export class ContextLearner {
  #learnt: LearntContext | undefined;
  #collected: Float32Array<ArrayBuffer> | undefined;
  #rows = 0;
  readonly #settings: ContextLearnerSettings;
  readonly #ids: string[];
  readonly #width: number;

  constructor(settings: ContextLearnerSettings) {
    this.#settings = settings;
    this.#learnt = settings.kept;
    this.#ids = [...settings.arms];
    this.#width = settings.widths.reduce((sum, width) => sum + width, 0);
  }

  /** Undefined while landmarks are sought. */
  get learnt(): LearntContext | undefined {
    return this.#learnt;
  }

  addArm(id: string): void {
    this.#ids.push(id);
    this.#learnt?.model.addArm(id);
  }

  /** What a model learns of a request; undefined while landmarks are sought, and for what is not finite. */
  featuresOf(embedding: Float32Array): Float32Array | undefined {
    if (embedding.length !== this.#width || !embedding.every(Number.isFinite)) return undefined;
    if (!this.#learnt) this.#collect(embedding);
    return this.#learnt?.landmarks.featuresOf(embedding);
  }

  #collect(embedding: Float32Array): void {
    this.#collected ??= new Float32Array(COLLECTED * this.#width);
    this.#collected.set(embedding, this.#rows++ * this.#width);
    if (this.#rows < COLLECTED) return;
    const { widths, random, forgetting } = this.#settings;
    const embeddings = { rows: COLLECTED, columns: this.#width, data: this.#collected };
    const landmarks = fitLandmarks({ embeddings, widths, landmarks: LANDMARKS, random });
    const { features, prior } = landmarks;
    this.#learnt = { landmarks, model: createContextModel({ features, arms: this.#ids, prior, forgetting }) };
    this.#collected = undefined;
  }
}
