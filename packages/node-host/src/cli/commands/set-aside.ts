import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { parse, join } from 'node:path';
import { unwritable } from '../../store/files/atomic-file.js';

/**
 * Renames a damaged file to `<name>.corrupt-<time><extension>` beside it. Nothing is deleted or overwritten.
 * @returns its new path
 * @throws StorageError when the folder cannot be written
 */
export async function setAside(path: string, wallMs: number): Promise<string> {
  const { dir, name, ext } = parse(path);
  const time = new Date(wallMs).toISOString().replaceAll(/[:.]/g, '-');
  const at = (number: number): string => join(dir, `${name}.corrupt-${time}${number === 1 ? '' : `-${number}`}${ext}`);
  let number = 1;
  while (existsSync(at(number))) number += 1;
  await rename(path, at(number)).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  return at(number);
}
