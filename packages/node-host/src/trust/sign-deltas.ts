import { dirname, join } from 'node:path';
import type { Delta } from '@terrace/core';
import { writeAtomically } from '../store/files/atomic-file.js';
import { DELTA_SIGNATURE } from './signature-files.js';
import { signAs, type Signer } from './signing.js';

/**
 * Signs deltas that were read and found to be what they should be. A signature is no part of what it is of.
 * @param root the folder that the deltas' paths start from
 * @returns the files that were written
 * @throws InvalidRequestError, StorageError
 */
export async function signDeltas(root: string, deltas: readonly Delta[], signer: Signer): Promise<string[]> {
  const written: string[] = [];
  for (const { id, contentId, head } of deltas) {
    const signed = await signAs(signer, { kind: 'delta', subject: id, sha256: contentId });
    const file = join(root, dirname(head.path), DELTA_SIGNATURE);
    await writeAtomically(file, `${JSON.stringify(signed, null, 1)}\n`);
    written.push(file);
  }
  return written;
}
