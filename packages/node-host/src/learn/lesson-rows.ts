import type { AskedText, LabelTally, Lesson } from '@terrace/core/deltas';
import { z } from 'zod';

const residency = z.enum(['device', 'site', 'cloud']);
const source = z.enum(['correction', 'teacher', 'agreement', 'data']);

const lessonRow = z.object({
  domain: z.string(),
  label: z.string(),
  source,
  teacher: z.string().nullable(),
  request_id: z.string().nullable(),
  weight: z.number(),
  residency,
  at_wall_ms: z.number(),
  text: z.string(),
});
const askedRow = z.object({
  request_id: z.string(),
  domain: z.string(),
  label: z.string(),
  residency,
  at_wall_ms: z.number(),
  text: z.string(),
});
const tallyRow = z.object({
  domain: z.string(),
  label: z.string(),
  ladder_revision: z.string(),
  asked: z.number(),
  climbed: z.number(),
});
const countRow = z.object({ domain: z.string(), label: z.string(), source, lessons: z.number() });

type Row = Readonly<Record<string, unknown>>;

/** Each of these throws a ZodError when the row is damaged. */
export function toLesson(row: Row): Lesson {
  const { request_id: requestId, at_wall_ms: atWallMs, teacher, ...rest } = lessonRow.parse({ ...row });
  return { ...rest, teacher: teacher ?? undefined, requestId: requestId ?? undefined, atWallMs };
}

export function toAsked(row: Row): AskedText {
  const { request_id: requestId, at_wall_ms: atWallMs, ...rest } = askedRow.parse({ ...row });
  return { requestId, atWallMs, ...rest };
}

export function toTally(row: Row): LabelTally {
  const { ladder_revision: ladderRevision, ...rest } = tallyRow.parse({ ...row });
  return { ladderRevision, ...rest };
}

export const toCount = (row: Row): z.infer<typeof countRow> => countRow.parse({ ...row });
