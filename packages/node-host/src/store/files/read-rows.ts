import { createReadStream } from 'node:fs';
import { InvalidDataError } from '@terrace/core';
import { readLines } from './read-lines.js';

/** Most that are kept of one file. */
const MAX_ROWS = 100_000;

/** What is wrong with a line: `why` goes on from "Line 3 of FILE", without its full stop. */
export type WrongLine = (why: string) => InvalidDataError;

/**
 * Rows of a file that has one JSON value a line. All are looked at; one in `every` is kept.
 * @param noun what the rows are called, such as `chats` @param hint how they are written
 * @param rowOf throws what `wrong` makes
 * @throws InvalidDataError when there is no such file, or naming the line at fault and nothing of it
 */
export async function readRows<T>({
  file,
  noun,
  hint,
  every = 1,
  rowOf,
}: {
  readonly file: string;
  readonly noun: string;
  readonly hint: string;
  readonly every?: number;
  readonly rowOf: (json: unknown, wrong: WrongLine) => T;
}): Promise<readonly T[]> {
  const rows: T[] = [];
  let index = 0;
  try {
    for await (const line of readLines(createReadStream(file))) {
      const { number } = line;
      const wrong: WrongLine = (why) =>
        new InvalidDataError({ message: `Line ${number} of ${file} ${why}.`, hint, facts: { file, line: number } });
      if ('tooLong' in line) throw wrong('is too long');
      const row = rowOf(jsonOf(line.text, wrong), wrong);
      if (index++ % every !== 0) continue;
      if (rows.push(row) > MAX_ROWS) throw wrong(`is more than ${MAX_ROWS} ${noun}`);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new InvalidDataError({ message: `There is no file ${file}.`, hint, facts: { file }, cause });
  }
  if (rows.length === 0) throw new InvalidDataError({ message: `${file} holds no ${noun}.`, hint });
  return rows;
}

function jsonOf(text: string, wrong: WrongLine): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('is no JSON');
  }
}
