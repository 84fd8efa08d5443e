import { createHash } from 'node:crypto';
import { open as openFile } from 'node:fs/promises';

/**
 * Reads a file to its end, in pieces.
 * @returns sha256 in hex
 * @throws what the system says of a file that cannot be read, the signal's reason
 */
export async function hashFile(
  path: string,
  { signal, open = openFile }: { signal: AbortSignal; open?: typeof openFile },
): Promise<string> {
  signal.throwIfAborted();
  const file = await open(path, 'r');
  const hash = createHash('sha256');
  // The stream closes the file.
  for await (const chunk of file.createReadStream()) {
    signal.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
