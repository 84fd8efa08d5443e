import {
  ArtifactMissingError,
  chooseContents,
  deltaFolder,
  modelFolder,
  namedFilesOf,
  type Catalog,
  type FetchProgress,
  type FileRef,
} from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import type { Disk } from '../store/kept-contents.js';
import { storageFailure } from '../store/storage-failure.js';
import { archive, archivedText, type ArchivedFile } from './archive.js';
import { bundleCatalog } from './bundle-catalog.js';
import { findDeltaManifests } from './delta-manifests.js';
import { readImports } from './imports.js';
import { modelManifest } from './manifest-texts.js';
import { soundFile } from './sound-file.js';
import { textsBeside } from './texts-beside.js';
import { isDeltaHere, whatIsHere } from './what-is-here.js';

/** What is to be in a bundle: all that is here, unless something is named. */
export interface ExportOptions {
  /** Of models and deltas; a delta brings its base. */
  readonly ids?: readonly string[] | undefined;
  /** Everything of this domain. */
  readonly domain?: string | undefined;
}

export interface Exported {
  /** A tar file that nobody has signed. Its bytes are read from the disk when they are needed. */
  readonly file: Blob;
  readonly models: readonly string[];
  readonly deltas: readonly string[];
  /** Domains whose calibration is in it. */
  readonly calibrated: readonly string[];
  /** What was to be in it and is not, for it is not whole on this device. */
  readonly leftOut: readonly string[];
}

export interface ExporterOptions {
  readonly disk: Disk;
  readonly records: UseStore;
  /** Brings a small file of the catalog. @throws what the store throws */
  readonly bring: (file: FileRef, signal: AbortSignal) => Promise<unknown>;
  /** What the server has at a path beside its catalog. @returns undefined when it has nothing there */
  readonly fetchText: (path: string, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer> | undefined>;
}

export interface ExportAsk extends ExportOptions {
  readonly catalog: Catalog;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/**
 * Puts what is on this device into one file, which another device and the `terrace` command import. Every byte is
 * compared with the catalog on the way.
 * @throws InvalidRequestError when a name is unknown or cannot be in a bundle; ArtifactMissingError when nothing of it
 *   is here; ArtifactCorruptError, StorageError, and the signal's reason
 */
export async function exportBundle(
  { disk, records, bring, fetchText }: ExporterOptions,
  { catalog, ids = [], domain, signal = new AbortController().signal, onProgress = () => undefined }: ExportAsk,
): Promise<Exported> {
  const { kept, refusal } = disk;
  if (!kept) throw storageFailure('make a bundle', refusal);
  const { bundles, ladders } = await readImports(records);
  const imports = [...bundles, ...ladders];
  const isHere = (file: FileRef): boolean => kept.mayHave(file);
  const chosen = chooseContents(catalog, { ids, domain });
  const manifests = await findDeltaManifests(
    chosen.deltas.filter((delta) => isDeltaHere(delta, isHere)),
    {
      kept,
      imports,
      bring: (file) => bring(file, signal),
      fetchText: (path) => fetchText(path, signal),
    },
  );
  signal.throwIfAborted();
  const present = whatIsHere(catalog, chosen, { isHere, hasManifest: ({ id }) => manifests.has(id) });
  const { models, deltas, leftOut } = present;
  if (models.length === 0) throw nothingHere(leftOut);
  const inside = bundleCatalog(present);
  const texts = [
    ...models.map((model) => archivedText(`${modelFolder(model.id)}/model.json`, modelManifest(model))),
    ...deltas.map((delta) => archivedText(`${deltaFolder(delta)}/delta.json`, manifests.get(delta.id)!)),
  ];
  const named = [
    ...new Map([...textsBeside(present, imports), ...namedFilesOf(inside)].map((file) => [file.path, file])).values(),
  ];
  const totalBytes = named.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  const files: ArchivedFile[] = [...texts];
  for (const file of named) {
    const onBytes = (bytes: number): void =>
      onProgress({ doneBytes: (doneBytes += bytes), totalBytes, file: file.path });
    files.push({ ...file, content: await soundFile(kept, file, { signal, onBytes }) });
  }
  return {
    file: archive(
      inside,
      files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    ),
    models: inside.models.map(({ id }) => id),
    deltas: inside.deltas.map(({ id }) => id),
    calibrated: inside.domains.flatMap(({ id, calibration }) => (calibration ? [id] : [])),
    leftOut,
  };
}

const nothingHere = (ids: readonly string[]): ArtifactMissingError =>
  new ArtifactMissingError({
    message: `Nothing of ${ids.join(', ') || 'the catalog'} is on this device.`,
    hint: 'Use or prepare the models first: a bundle is made of what is here.',
    facts: { ids: ids.join(' ') },
  });
