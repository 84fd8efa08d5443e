import type { ReadDocument } from '../read-document.js';
import { mediaTypeOf, type DocumentMediaType } from './media-type.js';
import { readHtml, type HtmlParser } from './read-html.js';
import { readMarkdown, type MarkdownParser } from './read-markdown.js';
import { readPdf, type PdfLibrary } from './read-pdf.js';
import { readPlain } from './read-plain.js';

/** The libraries that read, each loaded when there is something for it to read. */
export interface DocumentLibraries {
  html(): Promise<HtmlParser>;
  markdown(): Promise<MarkdownParser>;
  pdf(): Promise<PdfLibrary>;
}

/** A document that was read, and what it was. */
export type TypedDocument = ReadDocument & { readonly mediaType: DocumentMediaType };

/**
 * Reads a document. It may be made to take forever or all memory: this belongs into a thread that is ended from outside.
 * @param name of its file: how it ends says what it is
 * @throws InvalidDocumentError
 */
export async function readBytes(name: string, bytes: Uint8Array, libraries: DocumentLibraries): Promise<TypedDocument> {
  const mediaType = mediaTypeOf(name, bytes);
  return { ...(await readAs(mediaType, bytes, libraries)), mediaType };
}

async function readAs(
  mediaType: DocumentMediaType,
  bytes: Uint8Array,
  libraries: DocumentLibraries,
): Promise<ReadDocument> {
  switch (mediaType) {
    case 'text/plain':
      return readPlain(bytes);
    case 'text/markdown':
      return readMarkdown(bytes, await libraries.markdown());
    case 'text/html':
      return readHtml(bytes, await libraries.html());
    case 'application/pdf':
      return readPdf(bytes, await libraries.pdf());
  }
  return mediaType satisfies never;
}
