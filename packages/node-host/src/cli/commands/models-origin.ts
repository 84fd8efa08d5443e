import type { Delta, FileRef, Model } from '@terrace/core';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { contentId } from '../../store/files/content-id.js';
import { systemClock } from '../../system-clock.js';
import { isFor, readAcceptances, type Acceptance } from '../../trust/licences.js';
import { readSigners, type Signers } from '../../trust/signers.js';
import type { SignedBy } from '../../trust/signed-by.js';
import { originOf } from './models-catalog.js';

/** Where a model comes from, as far as somebody vouches for it or agreed to it. */
export interface ModelOrigin {
  readonly signer: SignedBy;
  /** The newest time its licence was accepted on this device; null where nothing was recorded, as of what ships. */
  readonly acceptance: Pick<Acceptance, 'acceptedAt' | 'how'> | null;
  /** sha256 over everything the catalog says of it, the hashes of its files included. */
  readonly contentId: string;
}

interface Opened {
  readonly folders: ModelFolders;
  readonly home: string;
}

/** @throws InvalidCatalogError when the record of licences or the trust file is unreadable */
export async function originOfModel(model: Model, { folders, home }: Opened): Promise<ModelOrigin> {
  const signers = await signersOf(model.variants[0]!.weights, { folders, home });
  const found = (await readAcceptances(home)).findLast((each) => isFor(each, model));
  return {
    signer: signers.model(model),
    acceptance: found ? { acceptedAt: found.acceptedAt, how: found.how } : null,
    contentId: contentId(model),
  };
}

/** @throws InvalidCatalogError when the trust file is unreadable */
export const signerOfDelta = async (delta: Delta, opened: Opened): Promise<SignedBy> =>
  (await signersOf(delta.head, opened)).delta(delta);

export const describeAcceptance = (acceptance: ModelOrigin['acceptance']): string =>
  acceptance === null ? 'nothing recorded' : `${acceptance.acceptedAt} (${acceptance.how})`;

function signersOf(file: FileRef, { folders, home }: Opened): Promise<Signers> {
  const { folder } = originOf(folders, file);
  return readSigners(
    folders.folders.find(({ path }) => path === folder)!,
    { home, clock: systemClock },
  );
}
