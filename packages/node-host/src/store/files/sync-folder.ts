import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Brings a name to the disk: a rename, or a removal, is there once its folder is. Where folders cannot be synced the
 * system does it in time.
 * @param path what the folder holds, or held
 */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
