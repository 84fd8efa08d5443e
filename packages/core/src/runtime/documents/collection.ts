import { createBm25 } from '../../documents/bm25/create-bm25.js';
import { findBest } from '../../documents/fuse.js';
import { plainText } from '../../documents/plain-text.js';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import type { Clock } from '../../ports/clock.js';
import type { DocumentChunk, DocumentRecord, DocumentStore } from '../../ports/document-store.js';
import type { CreateVectorIndex, VectorIndex } from '../../ports/vector-index.js';
import { SharedWork } from '../../wait/shared-work.js';
import { waitFor } from '../../wait/wait-for.js';
import type { Embedded } from '../embed/embed.js';
import type { FoundChunk } from './documents-face.js';

export interface CollectionPorts {
  readonly store: DocumentStore;
  readonly createIndex: CreateVectorIndex;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Chunks that are read in before others have their turn. */
const CHUNKS_A_TURN = 64;

interface Held {
  readonly record: DocumentRecord;
  /** Of its chunks, in their order. */
  readonly ids: readonly number[];
  /** Whose vectors it has, all of them. */
  readonly encoder: string | undefined;
}

type Passage = Omit<DocumentChunk, 'contentId' | 'vector'>;

/** What is embedded and searched of a passage: its headings say what it is about. */
export const searchedText = ({ headings, text }: Pick<Passage, 'headings' | 'text'>): string =>
  plainText([...headings, text].join('\n'));

/** The passages of a collection in memory, searched there, as its store has them. */
export class Collection {
  readonly #name: string;
  readonly #ports: CollectionPorts;
  readonly #documents = new Map<string, Held>();
  /** By id. Ids of what is gone are given anew, so that they stay small. */
  readonly #passages: (Passage | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #bm25 = createBm25();
  readonly #vectors = new Map<string, VectorIndex>();
  readonly #reads = new SharedWork<void>();
  #revision = 0;

  constructor(name: string, ports: CollectionPorts) {
    this.#name = name;
    this.#ports = ports;
  }

  /** In passages. */
  get size(): number {
    return this.#bm25.size;
  }

  /** Reads what has changed in the store until now, whoever changed it. @throws StorageError */
  async freshen(signal?: AbortSignal): Promise<void> {
    const asked = await this.#ports.store.revision(this.#name);
    // It goes on without who asked for it: two at a time would get into each other's way.
    while (this.#revision < asked)
      await waitFor(
        this.#reads.join('', undefined, () => this.#read()),
        signal,
      );
  }

  /** Documents without vectors of this encoder. */
  without(encoder: string): readonly DocumentRecord[] {
    return [...this.#documents.values()].filter((held) => held.encoder !== encoder).map(({ record }) => record);
  }

  /** By words and meaning where all documents are embedded as the query is, otherwise by words. Best first. */
  find(text: string, embedded: Embedded | undefined, count: number): readonly FoundChunk[] {
    const isOne = embedded !== undefined && this.without(embedded.encoder).length === 0;
    const asked = { text, vector: isOne ? embedded.vectors[0] : undefined, count };
    const found = findBest(asked, {
      bm25: this.#bm25,
      vectors: isOne ? this.#vectors.get(embedded.encoder) : undefined,
    });
    return found.flatMap(({ id, score, cosine, bm25 }) => {
      const passage = this.#passages[id];
      const title = passage && this.#documents.get(passage.documentId)?.record.title;
      if (!passage || title === undefined) return [];
      const { index: chunk, ...rest } = passage;
      return [{ ...rest, chunk, title, score, cosine, bm25 }];
    });
  }

  async #read(): Promise<void> {
    const { store } = this.#ports;
    const revision = await store.revision(this.#name);
    const records = new Map((await store.list(this.#name)).toReversed().map((each) => [each.documentId, each]));
    this.#drop([...this.#documents.values()].filter((held) => !isSame(held, records.get(held.record.documentId))));
    const missing = [...records.values()].filter(({ documentId }) => !this.#documents.has(documentId));
    // All at once is one reading of the store; of few that are new only those are read.
    const reads = missing.length === records.size ? [undefined] : missing.map(({ documentId }) => documentId);
    for (const documentId of missing.length > 0 ? reads : []) {
      let chunks: DocumentChunk[] = [];
      const take = async (): Promise<void> => {
        const record = records.get(chunks[0]?.documentId ?? '');
        // One that was taken away or replaced while it was read is told by the next revision; so is one that was added
        // again meanwhile, and stands behind the others a second time.
        if (record?.chunks === chunks.length && !this.#documents.has(record.documentId))
          await this.#hold(record, chunks);
      };
      for await (const page of store.chunks(this.#name, documentId)) {
        for (const chunk of page) {
          if (chunk.documentId === chunks[0]?.documentId) chunks.push(chunk);
          else {
            await take();
            chunks = [chunk];
          }
        }
      }
      await take();
    }
    this.#revision = revision;
  }

  async #hold(record: DocumentRecord, chunks: readonly DocumentChunk[]): Promise<void> {
    const ids: number[] = [];
    let { encoder } = record;
    for (const [at, { vector, contentId: _, ...passage }] of chunks.entries()) {
      if (at % CHUNKS_A_TURN === CHUNKS_A_TURN - 1) await this.#ports.clock.sleep(0);
      const id = this.#free.pop() ?? this.#passages.length;
      this.#passages[id] = passage;
      this.#bm25.add(id, searchedText(passage));
      ids.push(id);
      if (encoder !== undefined && !this.#addVector(id, encoder, vector)) encoder = undefined;
    }
    this.#documents.set(record.documentId, { record, ids, encoder });
  }

  /** @returns false where it is no vector: a document with one that is damaged is embedded anew */
  #addVector(id: number, encoder: string, vector: Float32Array | undefined): boolean {
    if (!vector || vector.length === 0) return false;
    const index = this.#vectors.get(encoder) ?? this.#ports.createIndex(vector.length);
    this.#vectors.set(encoder, index);
    try {
      index.add(id, vector);
      return true;
    } catch (error) {
      if (InvalidDataError.isInstance(error)) return false;
      throw error;
    }
  }

  #drop(gone: readonly Held[]): void {
    const ids = new Set(gone.flatMap((held) => held.ids));
    if (ids.size > 0) this.#bm25.remove(ids);
    for (const id of ids) {
      this.#passages[id] = undefined;
      this.#free.push(id);
    }
    for (const [encoder, index] of this.#vectors) {
      for (const id of ids) index.remove(id);
      if (index.size === 0) this.#vectors.delete(encoder);
    }
    for (const { record } of gone) this.#documents.delete(record.documentId);
  }
}

const isSame = ({ record, encoder }: Held, now: DocumentRecord | undefined): boolean =>
  now !== undefined &&
  encoder === now.encoder &&
  record.chunks === now.chunks &&
  record.title === now.title &&
  record.addedAtWallMs === now.addedAtWallMs;
