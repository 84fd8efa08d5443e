import type { Clock } from '../../ports/clock.js';
import type { DocumentRecord, DocumentStore } from '../../ports/document-store.js';
import type { Embed } from '../embed/embed.js';
import { searchedText } from './collection.js';
import { embedPassages } from './embed-passages.js';

/** Two encoders that take turns, as memory comes and goes, must not embed everything again and again. */
const NOT_SOONER_MS = 10 * 60_000;

export interface ReEmbeddingPorts {
  readonly store: DocumentStore;
  readonly embed: Embed;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** Embeds documents anew that another encoder has embedded, or none, behind the back of searches. */
export function createReEmbedding({ store, embed, clock, onFailure }: ReEmbeddingPorts) {
  const closing = new AbortController();
  const { signal } = closing;
  /** By collection. */
  const begunAtMs = new Map<string, number>();
  const underWay = new Map<string, Promise<void>>();

  const embedAll = async (records: readonly DocumentRecord[], encoder: string): Promise<void> => {
    for (const { collection, documentId } of records) {
      const texts: string[] = [];
      for await (const page of store.chunks(collection, documentId)) texts.push(...page.map(searchedText));
      const embedded = await embedPassages(texts, embed, { signal });
      // Replaced once more: the next search says by which one.
      if (embedded.encoder !== encoder && texts.length > 0) return;
      await store.embed(collection, documentId, encoder, embedded.vectors);
    }
  };

  return {
    /** Begins where it is not under way and was not begun lately; nobody waits for it. */
    begin(collection: string, records: readonly DocumentRecord[], encoder: string): void {
      const last = begunAtMs.get(collection);
      if (signal.aborted || records.length === 0 || underWay.has(collection)) return;
      if (last !== undefined && clock.nowMs() - last < NOT_SOONER_MS) return;
      begunAtMs.set(collection, clock.nowMs());
      const work = embedAll(records, encoder)
        .catch((error: unknown) => {
          if (!signal.aborted) onFailure?.(error);
        })
        .finally(() => underWay.delete(collection));
      underWay.set(collection, work);
    },
    async close(): Promise<void> {
      closing.abort(new Error('the runtime is closed'));
      await Promise.all(underWay.values());
    },
  };
}
