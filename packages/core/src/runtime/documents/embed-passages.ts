import { EngineError } from '../../errors/engine-error.js';
import type { Embed, Embedded } from '../embed/embed.js';

/** So many are embedded before a request may come in between. */
const BATCH = 16;

/** What is embedded of a document until now, from its beginning. */
export interface EmbeddedSoFar {
  encoder: string | undefined;
  vectors: Float32Array[];
}

export interface EmbedPassagesOptions {
  /** Goes on from there, and is as far as it came where it is cut off. */
  readonly soFar?: EmbeddedSoFar | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, texts: number) => void) | undefined;
}

/**
 * All texts by one encoder, in the background of requests. Where it is replaced meanwhile they are embedded once more.
 * @throws NoTierFitsError where no encoder is on this device, EngineError, the signal's reason
 */
export async function embedPassages(
  texts: readonly string[],
  embed: Embed,
  { signal, onProgress, soFar = { encoder: undefined, vectors: [] } }: EmbedPassagesOptions = {},
): Promise<Embedded> {
  const once = async (): Promise<Embedded | undefined> => {
    while (soFar.vectors.length < texts.length) {
      const at = soFar.vectors.length;
      signal?.throwIfAborted();
      const batch = await embed(texts.slice(at, at + BATCH), { signal, priority: 'low' });
      soFar.encoder ??= batch.encoder;
      if (batch.encoder !== soFar.encoder) {
        soFar.encoder = undefined;
        soFar.vectors = [];
        return undefined;
      }
      soFar.vectors.push(...batch.vectors);
      onProgress?.(soFar.vectors.length, texts.length);
    }
    signal?.throwIfAborted();
    return { encoder: soFar.encoder ?? '', vectors: soFar.vectors };
  };
  const embedded = (await once()) ?? (await once());
  if (embedded) return embedded;
  throw new EngineError({
    message: 'The encoder was replaced twice while a document was embedded.',
    hint: 'Add it again when models are no longer changed.',
    facts: { texts: texts.length },
  });
}
