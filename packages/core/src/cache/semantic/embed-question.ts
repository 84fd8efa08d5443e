import type { Clock } from '../../ports/clock.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';

/** Longest that a request waits for its vector: after that it is computed as if there were no cache. */
const EMBED_MS = 100;
/** Vectors that are late: no more are asked for until they are there. */
const MAX_OVERDUE = 4;

/** As `createEmbed` of the runtime gives it: unit vectors, and the sha256 of the encoder's weights. */
export type EmbedTexts = (
  texts: readonly string[],
  options?: { readonly signal?: AbortSignal | undefined; readonly priority?: 'high' | 'normal' | 'low' },
) => Promise<{ readonly encoder: string; readonly vectors: readonly Float32Array[] }>;

export interface Embedding {
  readonly encoder: string;
  readonly vector: Float32Array;
}

/** A vector that took longer than a request waits. */
export interface Overdue {
  /** It never rejects. */
  readonly late: Promise<Embedding | undefined>;
}

/**
 * Vectors of questions within a time limit. One that is late is computed to its end all the same: it may be the first,
 * which loads the encoder for all that follow.
 */
export function createEmbedQuestion({
  embed,
  clock,
  onFailure,
}: {
  readonly embed: EmbedTexts;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}): (text: string, signal?: AbortSignal) => Promise<Embedding | Overdue | undefined> {
  let overdue = 0;

  const embedOne = async (text: string): Promise<Embedding | undefined> => {
    try {
      const { encoder, vectors } = await embed([text], { priority: 'high' });
      const [vector] = vectors;
      return vector && { encoder, vector };
    } catch (error) {
      if (!NoTierFitsError.isInstance(error)) onFailure(error);
      return undefined;
    }
  };

  return async (text, signal) => {
    if (overdue >= MAX_OVERDUE) return undefined;
    const inTime = new AbortController();
    // A reason of its own: making the platform's takes longer than the rest of a look.
    const stop = (): void => inTime.abort('there');
    signal?.addEventListener('abort', stop, { once: true });
    let isThere = false;
    let isLate = false;
    const embedding = embedOne(text).finally(() => {
      isThere = true;
      if (isLate) overdue--;
    });
    const isOver = clock.sleep(EMBED_MS, inTime.signal).then(() => undefined);
    const first = await Promise.race([embedding, isOver]);
    if (!isThere) {
      isLate = true;
      overdue++;
    }
    signal?.removeEventListener('abort', stop);
    stop();
    signal?.throwIfAborted();
    return isThere ? first : { late: embedding };
  };
}
