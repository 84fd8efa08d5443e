import { z } from 'zod/mini';

const tagSchema = z.string().check(z.regex(/^[\w.:/-]{1,128}$/, 'letters, digits, "_", ".", ":", "/" and "-"'));

/**
 * What a request says of the cache. `off`: it is neither looked up nor kept. `refresh`: it is computed anew, and kept in
 * place of what was there, which an object says together with the rest. An object: looked up and kept, as it says.
 */
export const cacheWishSchema = z.union([
  z.enum(['off', 'refresh']),
  z.strictObject({
    /** Whether it is computed anew, whatever is there. */
    refresh: z.optional(z.boolean()),
    /** Milliseconds that the answer may be given again; the cache's own limit where that is shorter. */
    ttlMs: z.optional(z.int().check(z.positive(), z.maximum(365 * 86_400_000))),
    /** By which it can be invalidated. */
    tags: z._default(z.array(tagSchema).check(z.maxLength(16)), []),
    /** Whether one that is only alike may be answered with; the cache's own setting without it. */
    semantic: z.optional(z.boolean()),
    /** Whose answers these are, where no server key says so. Never across. */
    tenant: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  }),
]);

/** As a caller writes it. */
export type CacheWish = z.input<typeof cacheWishSchema>;
