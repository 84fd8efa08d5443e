import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Every byte of every file below a folder, as characters. */
export async function contentsOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(
    files.map(({ parentPath, name }) => readFile(path.join(parentPath, name), 'latin1')),
  );
  return contents.join('\n');
}
