/** A document without its text. */
export interface DocumentRecord {
  readonly collection: string;
  /** Content id: sha256 of the text and the title. The same document is there once. */
  readonly documentId: string;
  readonly title: string;
  /** Where it came from, as whoever added it names it; replaced when the same source is added anew. */
  readonly source: string;
  readonly mediaType: 'text/plain' | 'text/markdown' | 'text/html' | 'application/pdf';
  readonly characters: number;
  readonly pages: number | undefined;
  readonly chunks: number;
  /** sha256 of the encoder's weights; undefined until it is embedded. */
  readonly encoder: string | undefined;
  readonly addedAtWallMs: number;
}

/** What was embedded before, wherever it stands now. */
export interface KnownVector {
  readonly contentId: string;
  /** sha256 of the encoder's weights. */
  readonly encoder: string;
  readonly vector: Float32Array;
}

/** A passage of a document. */
export interface DocumentChunk {
  readonly documentId: string;
  /** Of the document, from 0. */
  readonly index: number;
  /** Headings above it, outermost first. */
  readonly headings: readonly string[];
  readonly text: string;
  /** Characters (UTF-16) of the document's text. */
  readonly start: number;
  readonly end: number;
  readonly page: number | undefined;
  /** sha256 of what is embedded of it, its headings and text; undefined where an older version has kept it. */
  readonly contentId: string | undefined;
  /** Unit length; undefined until it is embedded. */
  readonly vector: Float32Array | undefined;
}

/** Documents of this device, in collections. */
export interface DocumentStore {
  /** Whole or not at all; takes the place of a document of the same source, and of its drafts. @throws StorageError */
  put(record: DocumentRecord, chunks: readonly DocumentChunk[]): Promise<void>;
  /** Newest first. */
  list(collection?: string): Promise<readonly DocumentRecord[]>;
  get(collection: string, documentId: string): Promise<DocumentRecord | undefined>;
  /** In pages, documents in the order they were added; those of another document come never in between. */
  chunks(collection: string, documentId?: string): AsyncGenerator<readonly DocumentChunk[], void>;
  /** By another encoder now, all of a document. @throws StorageError */
  embed(collection: string, documentId: string, encoder: string, vectors: readonly Float32Array[]): Promise<void>;
  /** Of passages of any collection and of drafts: one of each content and encoder. */
  vectorsOf(contentIds: readonly string[]): Promise<readonly KnownVector[]>;
  /** Of a document that is not whole yet. So many of the newest as a document may have passages stay until then. @throws StorageError */
  draft(vectors: readonly KnownVector[]): Promise<void>;
  /**
   * What is removed is overwritten; drafts go where no document is named. @returns how many documents went.
   * @throws StorageError
   */
  remove(collection: string, documentId?: string): Promise<number>;
  /** Grows with every change of a collection, whichever process made it; 0 of one that never was. */
  revision(collection: string): Promise<number>;
  close(): Promise<void>;
}
