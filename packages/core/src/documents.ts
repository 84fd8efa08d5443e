/** Documents of this device: passages, search, citations. A bundle of the runtime has nothing of it. */
export type { Citation, Uncited } from './documents/citation.js';
export { collectionSchema, documentsWishSchema, MIN_SCORE, type DocumentsWish } from './documents/documents-wish.js';
export { boundBuffers } from './documents/read/bound-buffers.js';
export { boundedTree } from './documents/read/bounded-tree.js';
export { mediaTypeOf, mediaTypeOfName, type DocumentMediaType } from './documents/read/media-type.js';
export { readBytes, type DocumentLibraries, type TypedDocument } from './documents/read/read-bytes.js';
export { startReadingTime } from './documents/read/reading-time.js';
export { unreadable, type Unreadable } from './documents/read/unreadable.js';
export { placeOf } from './documents/place-of.js';
export { DOCUMENT_LIMITS, type DocumentBlock, type ReadDocument } from './documents/read-document.js';
export { InvalidDocumentError } from './errors/invalid-document-error.js';
export type { DocumentChunk, DocumentRecord, DocumentStore, KnownVector } from './ports/document-store.js';
export type { Documents, DocumentsFace, FoundChunk } from './runtime/documents/documents-face.js';
export { createDocuments, type DocumentsPorts } from './runtime/documents/create-documents.js';
export { withDocuments } from './runtime/documents/with-documents.js';
export { createEmbed, type Embed, type Embedded } from './runtime/embed/embed.js';
