import { InvalidCatalogError } from '@terrace/core';
import { openSourceFile, unreadable, type SourceFile } from './source-folder.js';

/** A text of the folder. @throws ArtifactMissingError when it cannot be read */
export const readSourceText = async (file: SourceFile): Promise<string> =>
  new TextDecoder().decode(await readSourceBytes(file));

/**
 * A file of the folder, at most `file.bytes` of it.
 * @throws ArtifactMissingError when it cannot be read
 */
export async function readSourceBytes(file: SourceFile): Promise<Uint8Array> {
  try {
    const handle = await openSourceFile(file);
    try {
      const buffer = Buffer.alloc(file.bytes);
      let at = 0;
      for (let read = 1; read > 0 && at < file.bytes; at += read) {
        read = (await handle.read(buffer, at, file.bytes - at, at)).bytesRead;
      }
      return buffer.subarray(0, at);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(file.path, cause);
  }
}

/** @throws ArtifactMissingError when it cannot be read, InvalidCatalogError when it is not JSON */
export async function readSourceJson(file: SourceFile): Promise<unknown> {
  const text = await readSourceText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidCatalogError({
      message: `${file.path} is not JSON: ${(cause as Error).message}.`,
      hint: 'Correct the file and run the command again.',
      facts: { file: file.path },
      cause,
    });
  }
}
