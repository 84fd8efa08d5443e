import { z } from 'zod/mini';

export const collectionSchema = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, ".", "_" and "-"'));

/** What a text request says of documents. */
export const documentsWishSchema = z.strictObject({
  collection: z._default(collectionSchema, 'default'),
  /** Chunks at most. */
  top: z._default(z.int().check(z.positive(), z.maximum(64)), 5),
  /** Of all chunks together, counted as the tier counts. */
  maxTokens: z._default(z.int().check(z.positive(), z.maximum(131_072)), 1024),
});

/** As a caller writes it. */
export type DocumentsWish = z.input<typeof documentsWishSchema>;
