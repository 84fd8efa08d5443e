import { z } from 'zod/mini';
import { printable, sha256Schema } from '../../catalog/fields.js';
import { StorageError } from '../../errors/storage-error.js';
import type { LessonStore } from '../../ports/lesson-store.js';
import { shadowSchema } from './shadow.js';

/** The newest ones are shown; revisions themselves are kept elsewhere. */
const MAX_PROMOTIONS = 20;

const promotionSchema = z.object({
  revision: sha256Schema,
  /** The ladder revision that was in force before. */
  before: sha256Schema,
  atWallMs: z.number(),
  lessons: z.int().check(z.nonnegative()),
  /** Labels it learnt from answers and people. */
  labels: z.array(printable),
});

/** What learning notes of a domain, so that it goes on after a restart. */
const domainNoteSchema = z.object({
  /** Lessons up to here have been tried. */
  triedUntilWallMs: z.number(),
  shadow: z.optional(shadowSchema),
  /** Newest first. */
  promotions: z.array(promotionSchema),
});

export type DomainNote = z.infer<typeof domainNoteSchema>;
export type Promotion = z.infer<typeof promotionSchema>;

const nameOf = (domain: string): string => `domain ${domain}`;
const PAUSED = 'paused';

/** A note of another shape is none: everything in it can be gathered again. @throws StorageError where it is damaged */
export async function readNote(store: LessonStore, domain: string): Promise<DomainNote> {
  const json = await store.note(nameOf(domain));
  const none = { triedUntilWallMs: 0, promotions: [] };
  if (json === undefined) return none;
  const parsed = domainNoteSchema.safeParse(parsedNote(json, domain));
  return parsed.success ? parsed.data : none;
}

function parsedNote(json: string, domain: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new StorageError({
      message: `What learning noted of "${domain}" is damaged.`,
      hint: 'Move the file of lessons (`lessons.db`) out of its folder: learning then begins with a new one.',
      facts: { domain },
      cause,
    });
  }
}

export const keepNote = (store: LessonStore, domain: string, note: DomainNote): Promise<void> =>
  store.keepNote(nameOf(domain), JSON.stringify({ ...note, promotions: note.promotions.slice(0, MAX_PROMOTIONS) }));

/** Every process that shares the store sees it. */
export const isPaused = async (store: LessonStore): Promise<boolean> => (await store.note(PAUSED)) === 'true';
export const keepPaused = (store: LessonStore, paused: boolean): Promise<void> =>
  store.keepNote(PAUSED, String(paused));
