import type { Example } from '@terrace/core';
import { readExamples } from '../store/files/read-examples.js';

/** Rows of several files, numbered through. */
export interface NumberedExamples {
  readonly rows: readonly Example[];
  /** Where a line is, in words: `7`, or `more.jsonl:7` where there are several files. */
  at(line: number): string;
}

/** @throws InvalidDataError naming the file, and the line where one is at fault */
export async function readNumbered(files: readonly string[]): Promise<NumberedExamples> {
  const rows: Example[] = [];
  const parts: { readonly file: string; readonly after: number }[] = [];
  let after = 0;
  for (const file of files) {
    parts.push({ file, after });
    const { rows: found } = await readExamples([file]);
    for (const row of found) rows.push({ ...row, line: after + row.line });
    after = rows.at(-1)?.line ?? after;
  }
  return {
    rows,
    at(line) {
      const part = parts.findLast((each) => each.after < line);
      return part && parts.length > 1 ? `${part.file}:${line - part.after}` : `${line}`;
    },
  };
}
