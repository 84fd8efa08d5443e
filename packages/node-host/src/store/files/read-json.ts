import { readFile, stat } from 'node:fs/promises';
import { ArtifactMissingError, InvalidCatalogError } from '@terrace/core';

/** A manifest larger than this is not one. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * @throws ArtifactMissingError when the file cannot be read, InvalidCatalogError when it is not JSON
 */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readBounded(path), path);
}

/** @throws InvalidCatalogError naming the file */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidCatalogError({
      message: `${path} is not JSON: ${(cause as Error).message}.`,
      hint: 'Correct the file, or restore it from the package.',
      facts: { file: path },
      cause,
    });
  }
}

async function readBounded(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ArtifactMissingError({
      message: `${path} cannot be read: ${(cause as Error).message}.`,
      hint: 'Check the path and its permissions; `terrace doctor` tells which folders are used.',
      facts: { file: path },
      cause,
    });
  }
}
