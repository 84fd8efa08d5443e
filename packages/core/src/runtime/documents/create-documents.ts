import { contentId } from '../../catalog/content-id.js';
import { checkDocument, checkPassages } from '../../documents/check-document.js';
import { chunkDocument } from '../../documents/chunk/chunk-document.js';
import { parseCollection, parseTop } from '../../documents/parse-documents-wish.js';
import { oneLine } from '../../documents/plain-text.js';
import type { ReadDocument } from '../../documents/read-document.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import type { Clock } from '../../ports/clock.js';
import type { DocumentChunk, DocumentRecord, DocumentStore } from '../../ports/document-store.js';
import type { StartHash } from '../../ports/running-hash.js';
import type { CreateVectorIndex } from '../../ports/vector-index.js';
import type { Embed, Embedded } from '../embed/embed.js';
import { Collection, searchedText } from './collection.js';
import type { Documents } from './documents-face.js';
import { embedPassages, type EmbedPassagesOptions } from './embed-passages.js';
import { createReEmbedding } from './re-embedding.js';

/** What documents are kept and searched with. */
export interface DocumentsPorts {
  readonly store: DocumentStore;
  readonly embed: Embed;
  readonly createIndex: CreateVectorIndex;
  readonly clock: Clock;
  readonly startHash: StartHash;
  /** Told when something failed that no search reports: it goes by words alone then. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** A chunk that is not embedded yet. */
type Passage = Omit<DocumentChunk, 'documentId' | 'vector' | 'contentId'> & { readonly contentId: string };

/** In characters. */
const LONGEST_TITLE = 200;
/** Of a query, in characters: no encoder reads more. */
const LONGEST_QUERY = 8000;
/** Passages that are cut before others have their turn. */
const PASSAGES_A_TURN = 64;

/**
 * Documents of this device. What is added is cut into passages and embedded here; without an encoder it is found by its
 * words alone, until one is there.
 */
export function createDocuments(ports: DocumentsPorts): Documents & { close(): Promise<void> } {
  const { store, embed, clock, startHash, onFailure } = ports;
  const collections = new Map<string, Collection>();
  const reEmbedding = createReEmbedding(ports);

  const collectionOf = (name: string): Collection => {
    const collection = collections.get(name) ?? new Collection(name, ports);
    collections.set(name, collection);
    return collection;
  };

  const passagesOf = async (document: ReadDocument, signal: AbortSignal | undefined): Promise<readonly Passage[]> => {
    const passages: Passage[] = [];
    for (const passage of chunkDocument(withBlocks(document))) {
      checkPassages(passages.push({ ...passage, contentId: contentId(searchedText(passage), startHash) }));
      if (passages.length % PASSAGES_A_TURN > 0) continue;
      await clock.sleep(0);
      signal?.throwIfAborted();
    }
    checkPassages(passages.length);
    return passages;
  };

  /** What was embedded before, here or of a document that was cut off, is not embedded again. */
  const embedWhereCan = async (
    passages: readonly Passage[],
    options: EmbedPassagesOptions,
  ): Promise<Embedded | undefined> => {
    const contentIds = passages.map((passage) => passage.contentId);
    const draft: DocumentStore['draft'] = (vectors) => store.draft(vectors).catch((error) => onFailure?.(error));
    const kept = { contentIds, known: await store.vectorsOf(contentIds), draft };
    try {
      return await embedPassages(passages.map(searchedText), embed, { ...options, kept });
    } catch (error) {
      if (NoTierFitsError.isInstance(error)) return undefined;
      throw error;
    }
  };

  const embedQuery = async (text: string, signal: AbortSignal | undefined): Promise<Embedded | undefined> => {
    try {
      return await embed([text], { signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (!NoTierFitsError.isInstance(error)) onFailure?.(error);
      return undefined;
    }
  };

  /** As it would be now; where that cannot be told it stays as it is. */
  const isEmbedded = async ({ encoder, title }: DocumentRecord, signal: AbortSignal | undefined): Promise<boolean> => {
    if (encoder === undefined) return false;
    const now = await embedQuery(title, signal);
    return now === undefined || now.encoder === encoder;
  };

  return {
    async add({ collection: asked, source, mediaType, ...document }, { signal, onProgress } = {}) {
      signal?.throwIfAborted();
      const collection = parseCollection(asked);
      checkDocument(document);
      const title = titleOf(document.title, source);
      const documentId = contentId({ text: document.text, title }, startHash);
      const there = await store.get(collection, documentId);
      if (there?.source === source && (await isEmbedded(there, signal))) return there;
      const passages = await passagesOf(document, signal);
      const embedded = await embedWhereCan(passages, { signal, onProgress });
      const record = {
        collection,
        documentId,
        title,
        source,
        mediaType,
        characters: document.text.length,
        pages: document.pages,
        chunks: passages.length,
        encoder: embedded?.encoder,
        addedAtWallMs: clock.wallMs(),
      };
      const chunks = passages.map((passage, i) => ({ ...passage, documentId, vector: embedded?.vectors[i] }));
      await store.put(record, chunks);
      return record;
    },
    list: async (collection) => store.list(collection === undefined ? undefined : parseCollection(collection)),
    async search(query, { signal } = {}) {
      const name = parseCollection(query.collection);
      const top = parseTop(query.top);
      signal?.throwIfAborted();
      const text = query.text.slice(0, LONGEST_QUERY);
      const collection = collectionOf(name);
      await collection.freshen(signal);
      if (collection.size === 0 || text.trim() === '') return [];
      const embedded = await embedQuery(searchedText({ headings: [], text }), signal);
      if (embedded) reEmbedding.begin(name, collection.without(embedded.encoder), embedded.encoder);
      return collection.find(text, embedded, top);
    },
    async remove(collection, documentId) {
      return store.remove(parseCollection(collection), documentId);
    },
    close: () => reEmbedding.close(),
  };
}

/** A reader that knows of no blocks has read one. */
function withBlocks(document: ReadDocument): ReadDocument {
  if (document.blocks.length > 0) return document;
  const whole = { kind: 'paragraph', level: undefined, start: 0, end: document.text.length, page: undefined } as const;
  return { ...document, blocks: [whole] };
}

function titleOf(title: string | undefined, source: string): string {
  const name = source.split(/[\\/]/).findLast((part) => part !== '') ?? '';
  return oneLine(title ?? '', LONGEST_TITLE) || oneLine(name, LONGEST_TITLE) || 'Untitled';
}
