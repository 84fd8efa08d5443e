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
  options: EmbedPassagesOptions = {},
): Promise<Embedded> {
  const embedded = (await embedOnce(texts, embed, options)) ?? (await embedOnce(texts, embed, options));
  if (embedded) return embedded;
  throw new EngineError({
    message: 'The encoder was replaced twice while a document was embedded.',
    hint: 'Add it again when models are no longer changed.',
    facts: { texts: texts.length },
  });
}

/** @returns undefined where the encoder was replaced meanwhile */
async function embedOnce(
  texts: readonly string[],
  embed: Embed,
  { signal, onProgress, kept }: EmbedPassagesOptions,
): Promise<Embedded | undefined> {
  const drafts = createDrafts(kept);
  const before = whatIsKnown(texts.length, kept);
  const vectors = texts.map((): Float32Array | undefined => undefined);
  const embedBatch = async (batch: readonly number[]): Promise<string> => {
    signal?.throwIfAborted();
    const asked = batch.map((at) => texts[at]!);
    const { encoder, vectors: found } = await embed(asked, { signal, priority: 'low' });
    for (const [i, at] of batch.entries()) vectors[at] = found[i]!;
    return encoder;
  };
  try {
    const first = before.toAsk.slice(0, BATCH);
    const encoder = first.length > 0 ? await embedBatch(first) : '';
    drafts.add(first, encoder, vectors);
    const length = vectors[first[0] ?? 0]?.length;
    for (const at of texts.keys()) vectors[at] ??= before.vectorOf(at, encoder, length);
    let left = [...texts.keys()].filter((at) => !vectors[at] && before.firstOf(at) === at);
    onProgress?.(texts.length - left.length, texts.length);
    while (left.length > 0) {
      await drafts.keepMany();
      const batch = left.slice(0, BATCH);
      if ((await embedBatch(batch)) !== encoder) return undefined;
      drafts.add(batch, encoder, vectors);
      left = left.slice(BATCH);
      onProgress?.(texts.length - left.length, texts.length);
    }
    signal?.throwIfAborted();
    return { encoder, vectors: vectors.flatMap((vector, at) => vector ?? vectors[before.firstOf(at)] ?? []) };
  } catch (error) {
    // Where it is cut off, what is embedded until then is kept.
    await drafts.keep();
    throw error;
  }
}

/** What was embedded before, and what stands in several places. */
function whatIsKnown(texts: number, kept: KeptVectors | undefined) {
  const vectors = new Map(kept?.known.map((each) => [keyOf(each.contentId, each.encoder), each.vector]));
  const isKnown = new Set(kept?.known.map(({ contentId }) => contentId));
  const first = new Map(kept?.contentIds.map((contentId, at) => [contentId, at] as const).toReversed());
  const idOf = (at: number): string => kept?.contentIds[at] ?? '';
  /** Where a passage that stands in many places stands first. */
  const firstOf = (at: number): number => first.get(idOf(at)) ?? at;
  const unknown = Array.from({ length: texts }, (_, at) => at).filter(
    (at) => firstOf(at) === at && !isKnown.has(idOf(at)),
  );
  return {
    firstOf,
    /** Where everything is known one is asked all the same: by which encoder it would be now, it tells. */
    toAsk: unknown.length === 0 && texts > 0 ? [0] : unknown,
    vectorOf(at: number, encoder: string, length: number | undefined): Float32Array | undefined {
      const vector = vectors.get(keyOf(idOf(at), encoder));
      return vector?.length === length ? vector : undefined;
    },
  };
}

/** Vectors on their way to the disk. */
function createDrafts(kept: KeptVectors | undefined) {
  const waiting: KnownVector[] = [];
  const keep = async (): Promise<void> => {
    if (waiting.length > 0) await kept?.draft(waiting.splice(0));
  };
  return {
    add(batch: readonly number[], encoder: string, vectors: readonly (Float32Array | undefined)[]): void {
      if (!kept) return;
      for (const at of batch) waiting.push({ contentId: kept.contentIds[at]!, encoder, vector: vectors[at]! });
    },
    keep,
    /** So many that it is worth waiting for the disk. */
    keepMany: async (): Promise<void> => {
      if (waiting.length >= KEPT_EVERY) await keep();
    },
  };
}

const keyOf = (contentId: string, encoder: string): string => `${encoder} ${contentId}`;
