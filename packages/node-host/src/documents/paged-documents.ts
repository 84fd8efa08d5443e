import type { DocumentChunk, DocumentStore } from '@terrace/core/documents';
import type { ChunkPlace } from './document-rows.js';

/** Chunks after a place, and the place of the last one. */
export interface ChunkPage {
  readonly chunks: readonly DocumentChunk[];
  readonly last: ChunkPlace | undefined;
}

/** A document store that can be asked for one page of chunks. */
export interface PagedDocuments extends Omit<DocumentStore, 'chunks'> {
  page(collection: string, documentId: string | undefined, after: ChunkPlace | undefined): Promise<ChunkPage>;
}

/** All chunks, page by page. */
export async function* inPages(
  readPage: (after: ChunkPlace | undefined) => Promise<ChunkPage>,
): AsyncGenerator<readonly DocumentChunk[], void> {
  let page = await readPage(undefined);
  while (page.last) {
    yield page.chunks;
    page = await readPage(page.last);
  }
}
