import { z } from 'zod/mini';
import type { ComparedRow, ResponseCacheStore } from '../../ports/response-cache.js';
import { MAX_COMPARED_ROWS } from '../compared-rows.js';

/** Rows that a certificate may be made of. */
export const MAX_CERTIFIED_ROWS = 20_000;

const noteSchema = z.strictObject({
  version: z.literal(1),
  /** Rows before it were made in other circumstances: they certify nothing. */
  sinceWallMs: z.number().check(z.nonnegative()),
  /** Why the last certificate is no more; absent where none ended. */
  ended: z.optional(
    z.strictObject({
      /** `audits`: they showed it to be broken. `grown`: it was made among half as many questions. */
      reason: z.enum(['audits', 'grown']),
      atWallMs: z.number().check(z.nonnegative()),
      /** Of its own. */
      audits: z.int().check(z.nonnegative()),
      wrongAudits: z.int().check(z.nonnegative()),
    }),
  ),
  /** How often it was tried to certify since. */
  looks: z.int().check(z.nonnegative()),
  certified: z.optional(
    z.strictObject({
      /** The first so many rows since then. */
      rows: z.int().check(z.positive(), z.maximum(MAX_CERTIFIED_ROWS)),
      delta: z.number().check(z.positive(), z.maximum(0.05)),
      /** Of whoever made it: another bound is certified by the same rows anew. */
      maxWrongHitRate: z.number().check(z.positive(), z.maximum(1)),
      atWallMs: z.number().check(z.nonnegative()),
      /** Entries when it was certified, or when audits last showed that it holds; absent until the first look. */
      entries: z.optional(z.int().check(z.nonnegative())),
    }),
  ),
});

/** What is noted of a group: which rows its certificate is made of, never the certificate itself. */
export type StandingNote = z.infer<typeof noteSchema>;

export const NEW_NOTE: StandingNote = { version: 1, sinceWallMs: 0, looks: 0 };

const nameOf = (group: string): string => `semantic:${group}`;

/**
 * What cannot be read is as if it were not there: it begins anew, once, and nothing is served until it is certified.
 * @throws StorageError
 */
export async function readNote(
  store: Pick<ResponseCacheStore, 'note' | 'keepNote'>,
  group: string,
  nowWallMs: number,
): Promise<StandingNote> {
  const json = await store.note(nameOf(group));
  if (json === undefined) return NEW_NOTE;
  try {
    return noteSchema.parse(JSON.parse(json));
  } catch {
    const anew = { ...NEW_NOTE, sinceWallMs: nowWallMs };
    await keepNote(store, group, anew);
    return anew;
  }
}

export const keepNote = (
  store: Pick<ResponseCacheStore, 'keepNote'>,
  group: string,
  note: StandingNote,
): Promise<void> => store.keepNote(nameOf(group), JSON.stringify(note));

/** Rows since the note began, of which nothing was left out by chance, oldest first; and audits of its certificate. */
export async function readRows(
  store: Pick<ResponseCacheStore, 'compared'>,
  group: string,
  { sinceWallMs, certified }: StandingNote,
): Promise<{ readonly complete: readonly ComparedRow[]; readonly audits: readonly ComparedRow[] }> {
  const rows = (await store.compared(group, MAX_COMPARED_ROWS)).filter(
    ({ score, atWallMs }) => Number.isFinite(score) && atWallMs >= sinceWallMs,
  );
  return {
    complete: rows.filter(({ kind, probability }) => kind !== 'audit' && probability === 1).toReversed(),
    audits: certified ? rows.filter(({ kind, atWallMs }) => kind === 'audit' && atWallMs >= certified.atWallMs) : [],
  };
}
