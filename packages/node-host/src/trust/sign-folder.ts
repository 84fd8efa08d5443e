import { dirname, join } from 'node:path';
import { ArtifactCorruptError, type Endpoint, type Signed } from '@terrace/core';
import { checkDrift } from '../store/catalog/check-drift.js';
import { hashFiles } from '../store/catalog/check-files.js';
import type { ModelFolder } from '../store/catalog/model-folders.js';
import { writeAtomically } from '../store/files/atomic-file.js';
import { CATALOG_SIGNATURE, DELTA_SIGNATURE, endpointSignature } from './signature-files.js';
import { signAs, type Signer } from './signing.js';

/**
 * Signs the catalog of a folder, each delta and each endpoint in it, once every file was read and found to be what the catalog says.
 * @param bases models of other folders that deltas here may belong to
 * @returns the files that were written
 * @throws ArtifactCorruptError when a file or the catalog is not what it should be, StorageError
 */
export async function signFolder({
  folder,
  bases,
  signer,
  signal,
}: {
  folder: ModelFolder;
  bases: ModelFolder['catalog']['models'];
  signer: Signer;
  signal: AbortSignal;
}): Promise<string[]> {
  const drift = await checkDrift(folder, bases);
  if (drift) throw unsound(folder.path, drift.message);
  for await (const { path, state, message } of hashFiles(folder, signal)) {
    if (state !== 'ok' && state !== 'absent') throw unsound(path, message ?? state);
  }
  const written: string[] = [];
  const write = async (path: string, signed: Signed): Promise<void> => {
    await writeAtomically(join(folder.path, path), `${JSON.stringify(signed, null, 1)}\n`);
    written.push(path);
  };
  const { deltas, endpoints = [], revision } = folder.catalog;
  for (const { id, contentId, head } of deltas) {
    const signed = await signAs(signer, { kind: 'delta', subject: id, sha256: contentId });
    await write(join(dirname(head.path), DELTA_SIGNATURE), signed);
  }
  for (const endpoint of endpoints) await write(endpointSignature(endpoint.id), await signEndpoint(signer, endpoint));
  await write(CATALOG_SIGNATURE, await signAs(signer, { kind: 'catalog', subject: 'catalog', sha256: revision }));
  return written;
}

/** @throws InvalidRequestError, StorageError */
export const signEndpoint = (signer: Signer, { id, contentId }: Endpoint): Promise<Signed> =>
  signAs(signer, { kind: 'endpoint', subject: id, sha256: contentId });

const unsound = (file: string, why: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${file} is not signed: ${why}.`,
    hint: 'Put the folder in order first: `terrace models verify`, then `terrace models index FOLDER`.',
    facts: { file },
  });
