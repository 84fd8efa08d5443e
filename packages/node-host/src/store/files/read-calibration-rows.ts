import type { CalibrationRow } from '@terrace/core/cache';
import { z } from 'zod/mini';
import { readRows, type WrongLine } from './read-rows.js';

const HINT = 'Write one {"text": "...", "label": "..."}, or one {"a": "...", "b": "...", "same": true}, a line.';

const text = z.string().check(z.minLength(1));
const rowSchema = z.union([
  z.strictObject({ text, label: text }),
  z.strictObject({ a: text, b: text, same: z.boolean() }),
]);

/** Questions whose right answers are known. @throws ArtifactMissingError; InvalidDataError naming the line at fault, and nothing of it */
export const readCalibrationRows = (file: string): Promise<readonly CalibrationRow[]> =>
  readRows({ file, noun: 'rows', hint: HINT, rowOf });

function rowOf(json: unknown, wrong: WrongLine): CalibrationRow {
  const { data } = rowSchema.safeParse(json);
  if (!data) throw wrong('is neither a labelled text nor a pair');
  return data;
}
