import { join } from 'node:path';
import {
  brokenBundle,
  deltaFolder,
  BUNDLE_MANIFEST,
  modelFolder,
  BUNDLE_SEAL,
  type Catalog,
  type Clock,
  type InvalidBundleError,
} from '@terrace/core';
import { installStaged } from '../add/install-staged.js';
import type { Staged } from '../add/staging.js';
import { openModelFolders } from '../catalog/model-folders.js';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import { KEPT, pruneKeptBundles } from '../../trust/kept-bundles.js';
import { requireLicences } from '../../trust/licences.js';
import type { SignedBy } from '../../trust/signed-by.js';
import { acceptKeys } from '../../trust/trust-file.js';
import { writeAtomically } from '../files/atomic-file.js';
import { openContentStore } from '../content/content-store.js';
import type { Hold } from '../content/in-use.js';
import { keepWeights } from './keep-weights.js';
import { openBundle, type OpenBundle } from './open-bundle.js';
import { requireSigner } from './require-signer.js';

export interface ImportOptions {
  readonly file: string;
  readonly home: string;
  /** The folder of added models. */
  readonly overlay: string;
  /** The folder whose models the overlay stands over. */
  readonly shipped: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Licences the user named. */
  readonly accepted: readonly string[];
  readonly ask?: ((licence: string, models: readonly string[]) => Promise<boolean>) | undefined;
  readonly allowUnsigned: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

export interface Imported {
  readonly models: readonly string[];
  readonly deltas: readonly string[];
  readonly domains: readonly string[];
  readonly bytes: number;
  readonly signer: SignedBy;
  /** Keys that are trusted from now on because an older key vouched for them. */
  readonly acceptedKeys: readonly string[];
  /** Domains that lost their calibration by it. */
  readonly uncalibrated: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Installs a bundle: who signed it is asked first, then the licences; every byte is checked on its way into a folder
 * aside; what is whole is moved in place in one step. Whatever fails, the installed models are what they were.
 * @throws InvalidRequestError, InvalidBundleError, InvalidSignatureError, UntrustedSignerError, LicenceNotAcceptedError,
 *   InvalidCatalogError, DeltaMismatchError, StorageError, and the signal's reason
 */
export async function importBundle(options: ImportOptions): Promise<Imported> {
  const { file, home, overlay, shipped, clock, accepted, ask, allowUnsigned, signal, onProgress } = options;
  const bundle = await openBundle(file);
  try {
    const { catalog } = bundle.manifest;
    const trust = { home, clock };
    const signer = await requireSigner(bundle.seal, { file, allowUnsigned, trust });
    const licences = await requireLicences(catalog.models, { accepted, home, clock, ask });
    const store = await openContentStore(join(home, 'store'));
    let hold: Hold | undefined;
    try {
      const { notes, uncalibrated } = await installStaged({
        overlay,
        shipped,
        signal,
        async stage(root) {
          await store.requireRoom(bundle.bytes);
          let done = 0;
          await bundle.unpack(root, (bytes) => onProgress((done += bytes), bundle.bytes), signal);
          return [...stagedOf(catalog), ...(signer.by.kind === 'trusted' ? [await keepProof(root, bundle)] : [])];
        },
        async admit(folder) {
          if (folder.catalog.revision !== catalog.revision) throw anotherCatalog(file);
          await requireSoundSignatures(folder, trust);
          hold = await keepWeights(folder.path, { catalog, store, signal });
        },
      });
      await acceptKeys(home, signer.accepted, clock.wallMs());
      await licences.record();
      const { folders } = await openModelFolders({ shipped, added: overlay });
      await pruneKeptBundles(overlay, folders.at(-1)!.catalog);
      return {
        models: catalog.models.map(({ id }) => id),
        deltas: catalog.deltas.map(({ id }) => id),
        domains: catalog.domains.filter(({ calibration }) => calibration).map(({ id }) => id),
        bytes: bundle.bytes,
        signer: signer.by,
        acceptedKeys: signer.accepted.map(({ keyId }) => keyId),
        uncalibrated,
        notes,
      };
    } finally {
      await hold?.release();
    }
  } finally {
    await bundle.close();
  }
}

function stagedOf(catalog: Catalog): Staged[] {
  const { models, deltas, domains } = catalog;
  const calibrations = domains.flatMap(({ id, calibration }) => (calibration ? [{ id, place: calibration.path }] : []));
  return [
    ...models.map(({ id }) => ({ kind: 'model', id, place: modelFolder(id), notes: [] }) as const),
    ...deltas.map((delta) => ({ kind: 'delta', id: delta.id, place: deltaFolder(delta), notes: [] }) as const),
    ...calibrations.map((each) => ({ kind: 'calibration', ...each, notes: [] }) as const),
  ];
}

const anotherCatalog = (file: string): InvalidBundleError =>
  brokenBundle(file, 'its files make another catalog than the one in its manifest');

/** Kept beside the models, to tell later who vouches for them. */
async function keepProof(root: string, { manifestText, sealText, seal }: OpenBundle): Promise<Staged> {
  const place = join(KEPT, seal.sha256);
  await writeAtomically(join(root, place, BUNDLE_MANIFEST), manifestText);
  await writeAtomically(join(root, place, BUNDLE_SEAL), sealText);
  return { kind: 'proof', id: seal.sha256, place, notes: [] };
}
