import { ArtifactMissingError, InvalidRequestError } from '@terrace/core';
import { readJson } from './read-json.js';

/**
 * A file of JSON that whoever asks has named.
 * @throws InvalidRequestError when it cannot be read, InvalidCatalogError when it is not JSON
 */
export async function readGivenJson(file: string): Promise<unknown> {
  try {
    return await readJson(file);
  } catch (cause) {
    if (!ArtifactMissingError.isInstance(cause)) throw cause;
    const hint = 'Check the path and who may read it.';
    throw new InvalidRequestError({ message: cause.message, hint, facts: cause.facts, cause });
  }
}
