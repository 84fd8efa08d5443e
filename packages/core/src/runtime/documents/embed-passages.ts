import { EngineError } from '../../errors/engine-error.js';
import type { Embed, Embedded } from '../embed/embed.js';

/** So many are embedded before a request may come in between. */
const BATCH = 16;

export interface EmbedPassagesOptions {
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
  { signal, onProgress }: EmbedPassagesOptions = {},
): Promise<Embedded> {
  const once = async (): Promise<Embedded | undefined> => {
    const vectors: Float32Array[] = [];
    let encoder: string | undefined;
    for (let at = 0; at < texts.length; at += BATCH) {
      signal?.throwIfAborted();
      const batch = await embed(texts.slice(at, at + BATCH), { signal, priority: 'low' });
      encoder ??= batch.encoder;
      if (batch.encoder !== encoder) return undefined;
      vectors.push(...batch.vectors);
      onProgress?.(vectors.length, texts.length);
    }
    signal?.throwIfAborted();
    return { encoder: encoder ?? '', vectors };
  };
  const embedded = (await once()) ?? (await once());
  if (embedded) return embedded;
  throw new EngineError({
    message: 'The encoder was replaced twice while a document was embedded.',
    hint: 'Add it again when models are no longer changed.',
    facts: { texts: texts.length },
  });
}
