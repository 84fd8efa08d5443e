import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { ArtifactMissingError, contentId as contentIdOf, type FileRef } from '@terrace/core';
import { startHash } from './start-hash.js';

/** sha256 of a value's JSON with sorted keys: the id of structured content. */
export const contentId = (value: unknown): string => contentIdOf(value, startHash);

/**
 * Size and sha256 of a file, with its path relative to `root`.
 * @throws ArtifactMissingError
 */
export async function describeFile(root: string, path: string): Promise<FileRef> {
  try {
    const { size } = await stat(path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return { path: relative(root, path).split(sep).join('/'), bytes: size, sha256: hash.digest('hex') };
  } catch (cause) {
    throw new ArtifactMissingError({
      message: `${path} cannot be read: ${(cause as Error).message}.`,
      hint: 'A manifest names this file: restore it, or remove the manifest.',
      facts: { file: path },
      cause,
    });
  }
}
