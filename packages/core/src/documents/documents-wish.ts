import { z } from 'zod/mini';

export const collectionSchema = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, ".", "_" and "-"'));

/**
 * Below it hardly any passage says something of a question: on CLINC150 it takes no answer from a question that the
 * documents are about. See docs/documents.md.
 */
export const MIN_SCORE = 0.25;

/** What a text request says of documents. */
export const documentsWishSchema = z.strictObject({
  collection: z._default(collectionSchema, 'default'),
  /** Chunks at most. */
  top: z._default(z.int().check(z.positive(), z.maximum(64)), 5),
  /** Chunks with a lower score are not given; what is found by words alone is not held to it. */
  minScore: z._default(z.number().check(z.minimum(-1), z.maximum(1)), MIN_SCORE),
  /** Of all chunks together, counted as the tier counts. */
  maxTokens: z._default(z.int().check(z.positive(), z.maximum(131_072)), 1024),
});

/** As a caller writes it. */
export type DocumentsWish = z.input<typeof documentsWishSchema>;
