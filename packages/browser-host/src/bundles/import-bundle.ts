import {
  calibrationSchema,
  parseFile,
  readBundleHead,
  type BundleHead,
  type Calibration,
  type Clock,
  type EntryContent,
  type FetchProgress,
} from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import { keepCalibration } from '../store/kept-catalog.js';
import type { Disk, KeptContents } from '../store/kept-contents.js';
import { parseJson } from '../store/parse-catalog.js';
import { startHash } from '../store/part.js';
import { storageFailure } from '../store/storage-failure.js';
import type { StoredContents } from '../store/stored-contents.js';
import { blobSource } from './blob-source.js';
import { requireSigner, type BundleSigner } from './bundle-signer.js';
import { readImports, type Import, type Imports } from './imports.js';
import { requireLicences } from './require-licences.js';
import { StagedFiles } from './staged-files.js';

/** What whoever imports a bundle decides. */
export interface ImportOptions {
  /** Keys that count for this bundle beside the runtime's own, in base64 as `terrace keys export` writes them. */
  readonly trustedKeys?: readonly string[] | undefined;
  /** Takes a bundle that nobody has signed. One that a stranger has signed is refused all the same. */
  readonly allowUnsigned?: boolean | undefined;
  /** Licences that the user has agreed to, by the names that the models give them. */
  readonly acceptLicences?: readonly string[] | undefined;
}

export interface Imported {
  readonly models: readonly string[];
  readonly deltas: readonly string[];
  /** Domains that came with a calibration which holds here. */
  readonly calibrated: readonly string[];
  /** Of the files in it. */
  readonly bytes: number;
  readonly signer: BundleSigner;
}

/** What is to be in force with a bundle, and what has to be written with it. */
export interface Admission {
  readonly imported: Import;
  readonly before: Imports;
  /** What makes the files of the bundle count as here. */
  readonly entries: readonly [string, unknown][];
}

export interface ImporterOptions {
  readonly disk: Disk;
  readonly stored: StoredContents | undefined;
  readonly records: UseStore;
  readonly clock: Clock;
  /** Of the runtime. */
  readonly trustedKeys: readonly string[];
  /** Puts the bundle in force, in one write. @returns domains whose calibration does not hold */
  readonly admit: (admission: Admission) => Promise<readonly string[]>;
}

export interface ImportAsk extends ImportOptions {
  readonly file: Blob;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/**
 * Takes a bundle into the store: who signed it is asked first, then the licences, then whether there is room; every
 * byte is checked on its way, and when all of it is whole, files and catalog count from one write on. Whatever fails,
 * and whenever the tab is closed, the models are what they were.
 * @throws InvalidBundleError, InvalidSignatureError, UntrustedSignerError, LicenceNotAcceptedError, InvalidCatalogError,
 *   InvalidRequestError, StorageError, and the signal's reason
 */
export async function importBundle(options: ImporterOptions, ask: ImportAsk): Promise<Imported> {
  const { disk, stored } = options;
  const { kept, refusal } = disk;
  if (!kept || !stored) throw storageFailure('take a bundle', refusal);
  const { signal = new AbortController().signal, onProgress = () => undefined } = ask;
  // One after the other, in whichever tab.
  return kept.locks.bring('bundle', signal, () => take({ ...options, kept, stored }, { ...ask, signal, onProgress }));
}

/** Who may end it, and hears of it. */
interface Watched {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FetchProgress) => void;
}

interface Taking extends ImporterOptions {
  readonly kept: KeptContents;
  readonly stored: StoredContents;
}

async function take(options: Taking, ask: ImportAsk & Watched): Promise<Imported> {
  const { kept, stored, records, clock, admit } = options;
  const { file, signal, onProgress, trustedKeys = [], allowUnsigned = false, acceptLicences = [] } = ask;
  const source = blobSource(file);
  const head = await readBundleHead(source, startHash);
  const { manifest, seal, bytes } = head;
  const { catalog, files } = manifest;
  const keys = [...options.trustedKeys, ...trustedKeys];
  const check = { trustedKeys: keys, wallMs: clock.wallMs(), name: source.name, allowUnsigned };
  const signer = await requireSigner(seal, check);
  const before = await readImports(records).catch((cause: unknown) => {
    throw storageFailure('be read', cause);
  });
  const known = before.bundles.flatMap((each) => each.catalog.models);
  requireLicences(catalog.models, { accepted: acceptLicences, before: known });
  const staged = new StagedFiles({ kept, stored });
  try {
    await staged.requireRoom(files);
    const calibrations = await takeFiles(head, staged, { signal, onProgress });
    signal.throwIfAborted();
    for (const [sha256, calibration] of calibrations) await keepCalibration(records, sha256, calibration);
    const imported: Import = { catalog, files, seal, trustedKeys };
    const uncalibrated = await admit({ imported, before, entries: staged.entries() });
    await staged.settle();
    return {
      models: catalog.models.map(({ id }) => id),
      deltas: catalog.deltas.map(({ id }) => id),
      calibrated: catalog.domains.flatMap(({ id, calibration }) =>
        calibration && !uncalibrated.includes(id) ? [id] : [],
      ),
      bytes,
      signer,
    };
  } catch (error) {
    await staged.drop();
    throw error;
  }
}

/** @returns the calibrations among them, by sha256 */
async function takeFiles(
  { manifest, bytes: totalBytes, readFiles }: BundleHead,
  staged: StagedFiles,
  { signal, onProgress }: Watched,
): Promise<Map<string, Calibration>> {
  const paths = new Set(manifest.catalog.domains.map(({ calibration }) => calibration?.path));
  const calibrations = new Map<string, Calibration>();
  let doneBytes = 0;
  await readFiles(async (entry, content) => {
    const { path: file, sha256, bytes } = entry;
    await staged.take(entry, content, {
      signal,
      onBytes: (bytesOfIt) => onProgress({ doneBytes: doneBytes + bytesOfIt, totalBytes, file }),
    });
    if (paths.has(file)) calibrations.set(sha256, await readCalibration(content, { file, signal }));
    doneBytes += bytes;
  });
  return calibrations;
}

/** @throws InvalidCatalogError */
async function readCalibration(
  content: EntryContent,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal },
): Promise<Calibration> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  await content({ signal, write: async (chunk) => void chunks.push(chunk) });
  return parseFile(calibrationSchema, parseJson(await new Blob(chunks).text(), file), 'calibration').value;
}
