import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** In the overlay, so that a rename stays on one disk; hidden, so that no catalog names what is in it. */
export const INCOMING = '.incoming';
/** Beside what is staged, from the moment it is to be installed until it is. */
export const COMMIT = 'commit.json';

/** Staged folders whose installation was begun and may not have ended. Asked at every start: it reads names only. */
export function unfinished(overlay: string): string[] {
  const incoming = join(overlay, INCOMING);
  if (!existsSync(incoming)) return [];
  const folders = readdirSync(incoming).map((name) => join(incoming, name));
  return folders.filter((folder) => existsSync(join(folder, COMMIT)));
}
