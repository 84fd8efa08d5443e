import type { VectorIndex } from '../ports/vector-index.js';
import type { Bm25 } from './bm25/create-bm25.js';

/**
 * How much meaning counts beside words. Chosen on CLINC150 and banking77 with two encoders, where it found passages of
 * the same label at least as well as either alone; see docs/benchmarks.md.
 */
export const COSINE_WEIGHT = 0.9;
/** The best of each that are scored by both. */
const CANDIDATES = 100;

export interface Found {
  readonly id: number;
  readonly score: number;
  readonly cosine: number | undefined;
  readonly bm25: number;
}

/** By words and by meaning; by words alone where there is no vector. Best first. */
export function findBest(
  asked: { readonly text: string; readonly vector: Float32Array | undefined; readonly count: number },
  { bm25, vectors }: { readonly bm25: Bm25; readonly vectors: VectorIndex | undefined },
): readonly Found[] {
  const { text, vector, count } = asked;
  const most = Math.max(CANDIDATES, count);
  const words = bm25.search(text, most);
  if (!vector || !vectors) {
    return words.best.slice(0, count).map((id) => {
      const score = words.scoreOf(id);
      return { id, score, cosine: undefined, bm25: score };
    });
  }
  const cosines = new Map(vectors.search(vector, most).map(({ id, cosine }) => [id, cosine]));
  for (const id of words.best) if (!cosines.has(id)) cosines.set(id, vectors.cosine(vector, id) ?? 0);
  return Array.from(cosines, ([id, cosine]) => {
    const bm25OfId = words.scoreOf(id);
    return { id, cosine, bm25: bm25OfId, score: COSINE_WEIGHT * cosine + (1 - COSINE_WEIGHT) * bm25OfId };
  })
    .toSorted((a, b) => b.score - a.score || a.id - b.id)
    .slice(0, count);
}
