import type { FeedbackRecord } from '../../ports/ledger.js';
import type { LessonStore } from '../../ports/lesson-store.js';
import { correctionOf } from './lesson-of.js';

/** What became of a person's word. */
export type Heard =
  /** A lesson with this label. */
  | { readonly kind: 'lesson'; readonly label: string }
  /** The answer was wrong and nobody said what is right: it teaches nothing any more. */
  | { readonly kind: 'withdrawn' }
  /** The text of the request is not kept here. */
  | { readonly kind: 'unknown' };

/** @throws StorageError */
export async function hearFeedback(store: LessonStore, record: FeedbackRecord): Promise<Heard> {
  const asked = await store.asked(record.requestId);
  if (!asked) return { kind: 'unknown' };
  const lesson = correctionOf(asked, record);
  if (lesson) {
    await store.add([lesson]);
    return { kind: 'lesson', label: lesson.label };
  }
  await store.forget({ requestId: record.requestId });
  // Somebody may yet say what it should have been.
  await store.remember([asked]);
  return { kind: 'withdrawn' };
}
