import type { FileRef, Presence } from '@terrace/core';
import { bytes, table } from '../output.js';

/** Said of weights that are not here. */
export const ABSENT: Readonly<Record<Presence, string>> = { here: '', fetchable: ', to fetch', missing: ', missing' };

/** One entry of the catalog in full, for a program and for a person. */
export interface Shown {
  readonly json: object;
  readonly text: string;
}

export function fileTable(files: readonly (readonly [what: string, file: FileRef | undefined])[]): string {
  const present = files.flatMap(([what, file]) => (file ? [[what, bytes(file.bytes), file.sha256, file.path]] : []));
  return table([['file', 'size', 'sha256', 'path'], ...present]);
}
