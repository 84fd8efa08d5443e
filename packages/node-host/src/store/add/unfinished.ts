import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { INCOMING } from './staging.js';

/** Beside what is staged, from the moment it is to be installed until it is. */
export const COMMIT = 'commit.json';

/** Staged folders whose installation was begun and may not have ended. Asked at every start: it reads names only. */
export function unfinished(overlay: string): string[] {
  const incoming = join(overlay, INCOMING);
  if (!existsSync(incoming)) return [];
  const folders = readdirSync(incoming).map((name) => join(incoming, name));
  return folders.filter((folder) => existsSync(join(folder, COMMIT)));
}
