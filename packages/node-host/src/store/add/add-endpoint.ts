import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidRequestError, type Endpoint, type EndpointManifest } from '@terrace/core';
import { endpointSignature, CATALOG_SIGNATURE } from '../../trust/signature-files.js';
import { signEndpoint, signFolder } from '../../trust/sign-folder.js';
import type { Signer } from '../../trust/signing.js';
import { endpointFile, endpointPlace } from '../catalog/endpoint-place.js';
import { openFolder } from '../catalog/model-folders.js';
import { contentId } from '../files/content-id.js';
import { installStaged } from './install-staged.js';
import { makeFolder, writeNew } from './staging.js';

/**
 * Writes an endpoint into the overlay and names it in the overlay's catalog, both or neither.
 * @param shipped the folder whose models the overlay stands over
 * @param signer signs it, and the catalog of the overlay where that was signed
 * @throws InvalidRequestError when the id is taken and `replace` is false; InvalidCatalogError, StorageError, what
 *   signing throws
 */
export async function addEndpoint({
  manifest,
  overlay,
  shipped,
  replace,
  signer,
  signal,
}: {
  manifest: EndpointManifest;
  overlay: string;
  shipped: string;
  replace: boolean;
  signer: Signer | undefined;
  signal: AbortSignal;
}): Promise<Endpoint> {
  const { id } = manifest;
  const { format: _, ...rest } = manifest;
  const endpoint: Endpoint = { contentId: contentId(manifest), ...rest };
  if (!replace && existsSync(join(overlay, endpointFile(id)))) throw taken(id);
  // Whoever requires signatures has looked at all that is in the overlay: it may be signed as a whole again.
  const isWholeSigned = signer !== undefined && existsSync(join(overlay, CATALOG_SIGNATURE));
  await installStaged({
    overlay,
    shipped,
    signal,
    async stage(root) {
      await makeFolder(join(root, endpointPlace(id)));
      await writeNew(join(root, endpointFile(id)), inLines(manifest));
      if (signer) await writeNew(join(root, endpointSignature(id)), inLines(await signEndpoint(signer, endpoint)));
      return [{ kind: 'endpoint', id, place: endpointPlace(id), notes: [] }];
    },
  });
  if (isWholeSigned) {
    const bases = (await openFolder(shipped)).catalog.models;
    await signFolder({ folder: await openFolder(overlay), bases, signer, signal });
  }
  return endpoint;
}

const inLines = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

const taken = (id: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `There is an endpoint "${id}" already.`,
    hint: 'Give another id with --id, or put the new one in its place with --replace.',
    facts: { endpoint: id },
  });
