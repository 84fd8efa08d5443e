import { ArtifactCorruptError } from '../../errors/artifact-corrupt-error.js';
import type { LearntContext } from './context-learner.js';
import type { ContextWeights } from './context-model.js';
import { decodeFloats, encodeFloats } from './float-text.js';
import { landmarkMap, type LandmarkPart } from './landmark-map.js';
import { readContextModel } from './read-context-model.js';

/** What was learnt of contexts, as JSON. It holds no request: landmarks are means of many, and the rest are sums. */
export interface KeptContext {
  readonly format: 1;
  readonly landmarks: readonly {
    readonly width: number;
    readonly rate: number;
    /** Little-endian float32, base64: [landmarks, width]. */
    readonly centres: string;
  }[];
  /** Without the prior, which landmarks have. */
  readonly weights: ContextWeights;
}

/** No file that was kept has more. */
const MOST_LANDMARKS = 2048;

/** @param embedding sha256 of the model that embeds requests; of several, joined by `+` */
export function keepContext({ landmarks, model }: LearntContext, embedding: string): KeptContext {
  const weights = model.weights(embedding);
  const { prior: _, ...tensors } = weights.tensors;
  return {
    format: 1,
    landmarks: landmarks.parts.map(({ width, rate, centres }) => ({ width, rate, centres: encodeFloats(centres) })),
    weights: { ...weights, tensors },
  };
}

/** By what requests are embedded now. */
interface EmbeddedBy {
  /** sha256 of the models, joined by `+`. */
  readonly embedding: string;
  /** Of each model's embedding. */
  readonly widths: readonly number[];
}

/** @throws ArtifactCorruptError for what is no such file, and for one of another embedding */
export function readKeptContext(value: unknown, { embedding, widths }: EmbeddedBy, file: string): LearntContext {
  const { format, landmarks, weights } = (value ?? {}) as Partial<KeptContext>;
  if (format !== 1 || !Array.isArray(landmarks) || landmarks.length !== widths.length) throw corrupt(file);
  let from = 0;
  const parts = landmarks.map((entry: Partial<KeptContext['landmarks'][number]> | null, part): LandmarkPart => {
    const { width, rate, centres: text } = entry ?? {};
    if (width === undefined || width !== widths[part]) throw corrupt(file);
    if (typeof rate !== 'number' || !(rate > 0 && Number.isFinite(rate))) throw corrupt(file);
    const centres = typeof text === 'string' ? decodeFloats(text) : undefined;
    if (!centres || centres.length === 0 || centres.length % width !== 0) throw corrupt(file);
    from += width;
    return { from: from - width, width, centres, rate };
  });
  // Looked at before anything is made of them: that takes the square of their number.
  const count = countOf(parts);
  if ((weights as Partial<ContextWeights> | undefined)?.features !== count || count > MOST_LANDMARKS)
    throw corrupt(file);
  const map = landmarkMap(parts);
  return { landmarks: map, model: readContextModel(weights, embedding, file, map.prior) };
}

const countOf = (parts: readonly LandmarkPart[]): number =>
  parts.reduce((sum, { centres, width }) => sum + centres.length / width, 0);

const corrupt = (file: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${file} is no model of contexts, format 1.`,
    hint: 'Delete it: routing learns anew from what requests bring.',
    facts: { file },
  });
