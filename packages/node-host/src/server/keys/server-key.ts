import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** Printed on terminals and in logs. */
const nameSchema = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]*$/u, 'letters, digits, blanks, ".", "_", "@" and "-"')
  .max(64);

const serverKeySchema = z.strictObject({
  name: nameSchema,
  /** sha256 of the token. The token is 256 random bits: nothing is gained by salt or by hashing it slowly. */
  hash: z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits'),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  /** Names of models as `/v1/models` lists them, or the beginning of names with a `*` behind; absent: all. */
  models: z.array(z.string().min(1).max(512)).min(1).max(1024).optional(),
  /** Furthest placement its texts may travel to; absent: any. */
  residency: z.enum(['device', 'site', 'cloud']).optional(),
  /** Absent: as many as it likes. */
  requestsPerMinute: z.number().positive().max(1e9).optional(),
});

export const keysFileSchema = z
  .strictObject({ format: z.literal(1), keys: z.array(serverKeySchema).max(1000) })
  .refine(({ keys }) => new Set(keys.map(({ name }) => name)).size === keys.length, 'each name once');

/** A key as the file keeps it: never the token. */
export type ServerKey = z.infer<typeof serverKeySchema>;

/** Makes a token that nobody can guess. It begins with what it is, so that scanners find lost ones. */
export const makeToken = (): string => `terrace_${randomBytes(32).toString('base64url')}`;

export const hashToken = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();
