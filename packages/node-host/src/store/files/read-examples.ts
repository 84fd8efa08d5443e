import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { CsvError } from 'csv-parse';
import { InvalidDataError, parseRequest, type Example } from '@terrace/core';
import { csvDelimiter, readCsv, type CsvDelimiter } from './read-csv.js';
import { readLines, type Line } from './read-lines.js';

const HINT = 'Write one {"text": "...", "label": "..."} a line, or CSV with the columns text and label.';

/** More rows than any calibration or evaluation set here; a file beyond it is another kind of file. */
const MAX_ROWS = 1_000_000;

export interface Examples {
  readonly rows: readonly Example[];
  /** sha256 over texts and labels in order. */
  readonly fingerprint: string;
}

/**
 * Reads labelled rows from several files in order: one `{ text, label }` a line, or CSV with columns of these names.
 * @param every keep each n-th row of each file, from the first
 * @throws InvalidDataError naming the file, and the line where one is at fault
 */
export async function readExamples(files: readonly string[], every = 1): Promise<Examples> {
  const rows: Example[] = [];
  for (const file of files) {
    let index = 0;
    for await (const row of rowsOf(file)) {
      if (index++ % every === 0) rows.push(exampleOf(file, row));
      if (rows.length > MAX_ROWS) throw wrong(file, row.number, `has more than ${MAX_ROWS} rows`);
    }
  }
  if (rows.length === 0) {
    throw new InvalidDataError({
      message: `${files.join(', ')} holds no rows.`,
      hint: HINT,
    });
  }
  const hash = createHash('sha256');
  for (const { text, label } of rows) hash.update(`${JSON.stringify([text, label])}\n`);
  return { rows, fingerprint: hash.digest('hex') };
}

/** A row as it lies in the file: nothing of it is known yet. */
interface Row {
  readonly number: number;
  /** What is wrong with it, where it cannot even be read. */
  readonly fault?: string;
  readonly text?: unknown;
  readonly label?: unknown;
}

async function* rowsOf(file: string): AsyncGenerator<Row> {
  try {
    const delimiter = await delimiterOf(file);
    if (delimiter === undefined) for await (const line of readLines(createReadStream(file))) yield jsonRow(line);
    else
      for await (const { number, columns } of readCsv(createReadStream(file), delimiter))
        yield { number, text: columns['text'], label: columns['label'] };
  } catch (cause) {
    if (cause instanceof CsvError) throw wrong(file, lineOf(cause), whyNotCsv(cause), cause);
    if (InvalidDataError.isInstance(cause) || (cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new InvalidDataError({
      message: `${file} cannot be read: ${(cause as Error).message}.`,
      hint: 'Check the path and its permissions.',
      facts: { file },
      cause,
    });
  }
}

const HEAD_BYTES = 64 * 1024;

/**
 * What parts the columns of a CSV file; undefined for JSON lines.
 * @throws InvalidDataError when the file says it is CSV and has not the columns
 */
async function delimiterOf(file: string): Promise<CsvDelimiter | undefined> {
  const opened = await open(file);
  let head: string;
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    head = new TextDecoder().decode(buffer.subarray(0, bytesRead)).trimStart();
  } finally {
    await opened.close();
  }
  if (head === '' || head.startsWith('{')) return undefined;
  const delimiter = csvDelimiter(head.split(/\r?\n/, 1)[0]!, ['text', 'label']);
  if (delimiter === undefined && /\.(csv|tsv)$/i.test(file)) throw wrong(file, 1, 'has no columns "text" and "label"');
  return delimiter;
}

function jsonRow(line: Line): Row {
  const { number } = line;
  if ('tooLong' in line) return { number, fault: 'is too long' };
  try {
    const value: unknown = JSON.parse(line.text);
    const { text, label } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    return { number, text, label };
  } catch {
    return { number, fault: 'is not JSON' };
  }
}

function exampleOf(file: string, { number, fault, text, label }: Row): Example {
  if (fault !== undefined) throw wrong(file, number, fault);
  if (typeof text !== 'string' || typeof label !== 'string') throw wrong(file, number, 'has no "text" and "label"');
  requireText(file, number, text);
  return { text, label, line: number };
}

/** A text that no request may hold would stop the work in the middle, and nobody would know where. */
function requireText(file: string, number: number, text: string): void {
  try {
    parseRequest({ text });
  } catch (cause) {
    throw wrong(file, number, `cannot be asked: ${messageOf(cause as Error)}`, cause);
  }
}

function wrong(file: string, line: number, why: string, cause?: unknown): InvalidDataError {
  return new InvalidDataError({
    message: `Line ${line} of ${file} ${why}.`,
    hint: HINT,
    facts: { file, line },
    cause,
  });
}

const messageOf = ({ message }: Error): string => message.replace(/\.$/, '');

const whyNotCsv = (error: CsvError): string =>
  error.code === 'CSV_RECORD_INCONSISTENT_COLUMNS'
    ? 'has more columns than the header; put texts with commas into quotes'
    : `is not CSV: ${messageOf(error)}`;

const lineOf = (error: CsvError): number => (typeof error['lines'] === 'number' ? error['lines'] : 1);
