import { createReadStream } from 'node:fs';
import { ArtifactMissingError, InvalidDataError } from '@terrace/core';
import type { CalibrationRow } from '@terrace/core/cache';
import { z } from 'zod/mini';
import { readLines } from './read-lines.js';

const MAX_ROWS = 100_000;
const HINT = 'Write one {"text": "...", "label": "..."}, or one {"a": "...", "b": "...", "same": true}, a line.';

const text = z.string().check(z.minLength(1));
const rowSchema = z.union([
  z.strictObject({ text, label: text }),
  z.strictObject({ a: text, b: text, same: z.boolean() }),
]);

/** Questions whose right answers are known. @throws ArtifactMissingError; InvalidDataError naming the line at fault, and nothing of it */
export async function readCalibrationRows(file: string): Promise<readonly CalibrationRow[]> {
  const rows: CalibrationRow[] = [];
  try {
    for await (const line of readLines(createReadStream(file))) {
      if ('tooLong' in line) throw wrong(file, line.number, 'is too long');
      if (rows.push(rowOf(file, line)) > MAX_ROWS) throw wrong(file, line.number, `is more than ${MAX_ROWS} rows`);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new ArtifactMissingError({ message: `There is no file ${file}.`, hint: HINT, facts: { file }, cause });
  }
  if (rows.length === 0) throw new InvalidDataError({ message: `${file} holds no rows.`, hint: HINT });
  return rows;
}

function rowOf(file: string, { number, text: line }: { number: number; text: string }): CalibrationRow {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw wrong(file, number, 'is no JSON');
  }
  const { data } = rowSchema.safeParse(json);
  if (!data) throw wrong(file, number, 'is neither a labelled text nor a pair');
  return data;
}

const wrong = (file: string, line: number, why: string): InvalidDataError =>
  new InvalidDataError({ message: `Line ${line} of ${file} ${why}.`, hint: HINT, facts: { file, line } });
