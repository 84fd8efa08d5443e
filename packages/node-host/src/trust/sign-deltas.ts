import { dirname, join } from 'node:path';
import type { Delta } from '@terrace/core';
import type { TextDelta } from '@terrace/core/text';
import { textDeltaPlace } from '../store/catalog/text-delta-place.js';
import { writeAtomically } from '../store/files/atomic-file.js';
import { DELTA_SIGNATURE } from './signature-files.js';
import { signAs, type Signer } from './signing.js';

/**
 * Signs deltas that were read and found to be what they should be. A signature is no part of what it is of.
 * @param root the folder that the deltas' paths start from
 * @returns the files that were written
 * @throws InvalidRequestError, StorageError
 */
export async function signDeltas(
  root: string,
  deltas: readonly (Delta | Pick<TextDelta, 'id' | 'domain' | 'contentId'>)[],
  signer: Signer,
): Promise<string[]> {
  const written: string[] = [];
  for (const delta of deltas) {
    const { id, contentId } = delta;
    const place = 'head' in delta ? dirname(delta.head.path) : textDeltaPlace(delta);
    const signed = await signAs(signer, { kind: 'delta', subject: id, sha256: contentId });
    const file = join(root, place, DELTA_SIGNATURE);
    await writeAtomically(file, `${JSON.stringify(signed, null, 1)}\n`);
    written.push(file);
  }
  return written;
}
