import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { InvalidDataError, parseRequest, type Example } from '@terrace/core';
import { readLines, type Line } from './read-lines.js';

/** More rows than any calibration or evaluation set here; a file beyond it is another kind of file. */
const MAX_ROWS = 1_000_000;

export interface Examples {
  readonly rows: readonly Example[];
  /** sha256 over texts and labels in order. */
  readonly fingerprint: string;
}

/**
 * Reads labelled rows, one `{ text, label }` a line, from several files in order.
 * @param every keep each n-th row of each file, from the first
 * @throws InvalidDataError naming the file, and the line where one is at fault
 */
export async function readExamples(files: readonly string[], every = 1): Promise<Examples> {
  const rows: Example[] = [];
  for (const file of files) {
    let index = 0;
    for await (const line of linesOf(file)) {
      if (index++ % every === 0) rows.push(parseRow(file, line));
      if (rows.length > MAX_ROWS) throw wrong(file, line.number, `has more than ${MAX_ROWS} rows`);
    }
  }
  if (rows.length === 0) {
    throw new InvalidDataError({
      message: `${files.join(', ')} holds no rows.`,
      hint: 'Write one {"text": "...", "label": "..."} a line.',
    });
  }
  const hash = createHash('sha256');
  for (const { text, label } of rows) hash.update(`${JSON.stringify([text, label])}\n`);
  return { rows, fingerprint: hash.digest('hex') };
}

async function* linesOf(file: string): AsyncGenerator<Line> {
  try {
    yield* readLines(createReadStream(file));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new InvalidDataError({
      message: `${file} cannot be read: ${(cause as Error).message}.`,
      hint: 'Check the path and its permissions.',
      facts: { file },
      cause,
    });
  }
}

function parseRow(file: string, line: Line): Example {
  if ('tooLong' in line) throw wrong(file, line.number, 'is too long');
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    throw wrong(file, line.number, 'is not JSON');
  }
  const { text, label } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof text !== 'string' || typeof label !== 'string')
    throw wrong(file, line.number, 'has no "text" and "label"');
  requireText(file, line, text);
  return { text, label, line: line.number };
}

/** A text that no request may hold would stop the work in the middle, and nobody would know where. */
function requireText(file: string, { number }: Line, text: string): void {
  try {
    parseRequest({ text });
  } catch (cause) {
    throw wrong(file, number, `cannot be asked: ${(cause as Error).message.replace(/\.$/, '')}`, cause);
  }
}

function wrong(file: string, line: number, why: string, cause?: unknown): InvalidDataError {
  return new InvalidDataError({
    message: `Line ${line} of ${file} ${why}.`,
    hint: 'Write one {"text": "...", "label": "..."} a line.',
    facts: { file, line },
    cause,
  });
}
