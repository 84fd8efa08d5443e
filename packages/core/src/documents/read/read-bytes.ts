import { InvalidDocumentError } from '../../errors/invalid-document-error.js';
import type { ReadDocument } from '../read-document.js';
import { mediaTypeOf, type DocumentMediaType } from './media-type.js';
import { readHtml, type HtmlParser } from './read-html.js';
import { readMarkdown, type MarkdownParser } from './read-markdown.js';
import { readPdf, type PdfLibrary } from './read-pdf.js';
import { readPlain } from './read-plain.js';
import { unreadable } from './unreadable.js';

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
 * @param onPage told of each page that was read, where it has pages
 * @throws InvalidDocumentError
 */
export async function readBytes(
  name: string,
  bytes: Uint8Array,
  libraries: DocumentLibraries,
  onPage: () => void = () => undefined,
): Promise<TypedDocument> {
  const mediaType = mediaTypeOf(name, bytes);
  const read = await readerOf(mediaType, libraries, onPage);
  try {
    return { ...(await read(bytes)), mediaType };
  } catch (error) {
    if (InvalidDocumentError.isInstance(error)) throw error;
    // What a library was not made for, such as calls that nest too deep.
    throw unreadable('damaged', '', error);
  }
}

type Reader = (bytes: Uint8Array) => ReadDocument | Promise<ReadDocument>;

async function readerOf(
  mediaType: DocumentMediaType,
  libraries: DocumentLibraries,
  onPage: () => void,
): Promise<Reader> {
  switch (mediaType) {
    case 'text/plain':
      return readPlain;
    case 'text/markdown': {
      const parser = await libraries.markdown();
      return (bytes) => readMarkdown(bytes, parser);
    }
    case 'text/html': {
      const parser = await libraries.html();
      return (bytes) => readHtml(bytes, parser);
    }
    case 'application/pdf': {
      const library = await libraries.pdf();
      return (bytes) => readPdf(bytes, library, onPage);
    }
  }
  return mediaType satisfies never;
}
