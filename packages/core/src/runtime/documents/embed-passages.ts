import { EngineError } from '../../errors/engine-error.js';
import type { DocumentStore, KnownVector } from '../../ports/document-store.js';
import type { Embed, Embedded } from '../embed/embed.js';

/** So many are embedded before a request may come in between. */
const BATCH = 16;
/** So many are lost at most where the process is killed; each time they are kept waits for the disk. */
const KEPT_EVERY = 64;

/** What was embedded before, and where to keep what is embedded now until its document is whole. */
interface KeptVectors {
  /** Of each text. */
  readonly contentIds: readonly string[];
  readonly known: readonly KnownVector[];
  /** Never fails. */
  readonly draft: DocumentStore['draft'];
}

export interface EmbedPassagesOptions {
  readonly kept?: KeptVectors | undefined;
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
  { signal, onProgress, kept }: EmbedPassagesOptions = {},
): Promise<Embedded> {
  const known = new Map(kept?.known.map((each) => [keyOf(each.contentId, each.encoder), each.vector]));
  const isKnown = new Set(kept?.known.map(({ contentId }) => contentId));
  /** Where a passage that stands in many places stands first. */
  const firstOf = new Map(kept?.contentIds.map((contentId, at) => [contentId, at] as const).toReversed());
  const isAgain = (at: number): boolean => kept !== undefined && firstOf.get(kept.contentIds[at]!) !== at;

  const once = async (drafts: KnownVector[]): Promise<Embedded | undefined> => {
    const vectors = texts.map((): Float32Array | undefined => undefined);
    let left = [...texts.keys()].filter((at) => !isAgain(at) && !(kept && isKnown.has(kept.contentIds[at]!)));
    // By which encoder it would be now, a text tells.
    if (left.length === 0 && texts.length > 0) left = [0];
    let encoder: string | undefined;
    while (left.length > 0) {
      signal?.throwIfAborted();
      const now = left.slice(0, BATCH);
      const batch = await embed(
        now.map((at) => texts[at]!),
        { signal, priority: 'low' },
      );
      const isFirst = encoder === undefined;
      encoder ??= batch.encoder;
      if (batch.encoder !== encoder) return undefined;
      for (const [i, at] of now.entries()) {
        const vector = (vectors[at] = batch.vectors[i]!);
        if (kept) drafts.push({ contentId: kept.contentIds[at]!, encoder, vector });
      }
      if (kept && isFirst) {
        const { length } = batch.vectors[0]!;
        for (const [at, contentId] of kept.contentIds.entries()) {
          const vector = known.get(keyOf(contentId, encoder));
          if (vector?.length === length) vectors[at] ??= vector;
        }
      }
      left = isFirst ? [...texts.keys()].filter((at) => !vectors[at] && !isAgain(at)) : left.slice(now.length);
      onProgress?.(texts.length - left.length, texts.length);
      if (left.length > 0 && drafts.length >= KEPT_EVERY) await kept?.draft(drafts.splice(0));
    }
    signal?.throwIfAborted();
    const whole = vectors.map((vector, at) => vector ?? vectors[firstOf.get(kept?.contentIds[at] ?? '') ?? at]);
    return { encoder: encoder ?? '', vectors: whole.flatMap((vector) => vector ?? []) };
  };

  /** Where it is cut off, what is embedded until then is kept. */
  const drafted = async (): Promise<Embedded | undefined> => {
    const drafts: KnownVector[] = [];
    try {
      return await once(drafts);
    } catch (error) {
      if (drafts.length > 0) await kept?.draft(drafts);
      throw error;
    }
  };

  const embedded = (await drafted()) ?? (await drafted());
  if (embedded) return embedded;
  throw new EngineError({
    message: 'The encoder was replaced twice while a document was embedded.',
    hint: 'Add it again when models are no longer changed.',
    facts: { texts: texts.length },
  });
}

const keyOf = (contentId: string, encoder: string): string => `${encoder} ${contentId}`;
