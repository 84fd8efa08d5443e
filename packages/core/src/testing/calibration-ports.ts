import { createFakeClock } from './fake-clock.js';
import { seededRandom } from './seeded-random.js';
import { createVectorIndex } from '../vectors/create-vector-index.js';
import { createMemoryResponseCache } from '../cache/memory-response-cache.js';
import type { EmbedTexts } from '../cache/semantic/embed-question.js';

/** Texts begin with a digit: those of one digit lie together. */
export const vectorOf = (text: string): Float32Array => {
  const vector = new Float32Array(16);
  const random = seededRandom([...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7));
  vector.forEach((_, i) => (vector[i] = 0.05 * (random() - 0.5)));
  vector[text.charCodeAt(0) % 16]! += 1;
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
};

export const embedding =
  (encoder = 'e1'): EmbedTexts =>
  async (texts) => ({ encoder, vectors: texts.map(vectorOf) });

/** What rows are certified with. */
export const calibrationPorts = () => ({
  store: createMemoryResponseCache(),
  embed: embedding(),
  createIndex: createVectorIndex,
  clock: createFakeClock(),
  random: seededRandom(3),
  maxWrongHitRate: 0.05,
  task: 'text-classification',
  domain: undefined,
});
