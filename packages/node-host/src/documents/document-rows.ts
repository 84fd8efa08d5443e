import type { DocumentChunk, DocumentRecord, KnownVector } from '@terrace/core/documents';
import { z } from 'zod';

const documentRow = z.object({
  collection: z.string(),
  document_id: z.string(),
  title: z.string(),
  source: z.string(),
  media_type: z.enum(['text/plain', 'text/markdown', 'text/html', 'application/pdf']),
  characters: z.number(),
  pages: z.number().nullable(),
  chunks: z.number(),
  encoder: z.string().nullable(),
  added_at_wall_ms: z.number(),
});
const chunkRow = z.object({
  document: z.number(),
  document_id: z.string(),
  position: z.number(),
  headings: z.string(),
  text: z.string(),
  text_start: z.number(),
  text_end: z.number(),
  page: z.number().nullable(),
  content_id: z.string().nullable(),
  vector: z.instanceof(ArrayBuffer).nullable(),
});
const knownRow = z.object({ content_id: z.string(), encoder: z.string(), vector: z.instanceof(ArrayBuffer) });
const headingsSchema = z.array(z.string());

type Row = Readonly<Record<string, unknown>>;

/** Where the next page of chunks begins. */
export interface ChunkPlace {
  readonly document: number;
  readonly position: number;
}

/** Each of these throws when the row is damaged. */
export function toRecord(row: Row): DocumentRecord {
  const { collection, title, source, characters, chunks, ...rest } = documentRow.parse({ ...row });
  return {
    collection,
    documentId: rest.document_id,
    title,
    source,
    mediaType: rest.media_type,
    characters,
    pages: rest.pages ?? undefined,
    chunks,
    encoder: rest.encoder ?? undefined,
    addedAtWallMs: rest.added_at_wall_ms,
  };
}

export function toChunk(row: Row): { readonly chunk: DocumentChunk; readonly place: ChunkPlace } {
  const { document, position, text, ...rest } = chunkRow.parse({ ...row });
  const chunk = {
    documentId: rest.document_id,
    index: position,
    headings: headingsSchema.parse(JSON.parse(rest.headings)),
    text,
    start: rest.text_start,
    end: rest.text_end,
    page: rest.page ?? undefined,
    contentId: rest.content_id ?? undefined,
    vector: rest.vector ? new Float32Array(rest.vector) : undefined,
  };
  return { chunk, place: { document, position } };
}

export function toKnown(row: Row): KnownVector {
  const { content_id: contentId, encoder, vector } = knownRow.parse({ ...row });
  return { contentId, encoder, vector: new Float32Array(vector) };
}

/** As the row holds it: float32, little-endian as every processor that runs Node is. */
export const toBlob = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
