import { z } from 'zod/mini';
import { printable } from '../catalog/fields.js';
import { inEnglish } from '../errors/in-english.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { FeedbackRecord } from '../ports/ledger.js';

const MAX_CORRECTION_CHARACTERS = 256;
const MAX_COMMENT_CHARACTERS = 2000;

/** UTF-8 knows no half of a surrogate pair. */
const wellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
const HALF_A_PAIR = 'text without half of a surrogate pair';

/** What somebody says of an answer. */
export const feedbackSchema = z.strictObject({
  /** As the answer gave it: `requestId`, or the header `x-terrace-request-id`. */
  requestId: printable.check(z.minLength(1), z.maxLength(128), z.refine(wellFormed, HALF_A_PAIR)),
  right: z.boolean(),
  /** The label it should have been. */
  correction: z.optional(
    printable.check(z.minLength(1), z.maxLength(MAX_CORRECTION_CHARACTERS), z.refine(wellFormed, HALF_A_PAIR)),
  ),
  comment: z.optional(
    z.string().check(
      z.maxLength(MAX_COMMENT_CHARACTERS),
      // Several lines are welcome; what else controls a terminal is not.
      z.regex(/^(?:[\t\n\r]|[^\p{Cc}\u202A-\u202E\u2066-\u2069])*$/u, 'text without control characters'),
      z.refine(wellFormed, HALF_A_PAIR),
    ),
  ),
});

/**
 * Parses untrusted feedback once. Whether the request is known is not asked: its outcome may be in another ledger.
 * @throws InvalidRequestError
 */
export function parseFeedback(input: unknown, atWallMs: number): FeedbackRecord {
  const parsed = feedbackSchema.safeParse(input, { error: inEnglish });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') || 'feedback';
    throw new InvalidRequestError({
      message: `The feedback is wrong at "${where}": ${(issue?.message ?? 'unreadable').slice(0, 200)}.`,
      hint: 'Send {"requestId", "right": true or false}, and where you like "correction" and "comment".',
    });
  }
  const { requestId, right, correction, comment } = parsed.data;
  if (right && correction !== undefined) {
    throw new InvalidRequestError({
      message: 'The answer is said to be right, and to need a correction.',
      hint: 'Leave "correction" out, or say that the answer was wrong.',
    });
  }
  return { requestId, atWallMs, right, correction, comment };
}
