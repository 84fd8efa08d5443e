import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  ArtifactMissingError,
  CalibrationMismatchError,
  InvalidCatalogError,
  calibrationSchema,
  catalogSchema,
  filesOf,
  goldenSchema,
  InvalidRequestError,
  parseFile,
  requireDomain,
  StorageError,
  type Calibration,
  type Catalog,
  type CatalogSource,
  type Domain,
  type FileRef,
  type GoldenSource,
  type ModelStore,
} from '@terrace/core';
import type { Fetcher } from '../fetch/fetcher.js';
import { systemClock } from '../../system-clock.js';
import { hasSignatures } from '../../trust/signature-files.js';
import type { Trust } from '../../trust/signed-by.js';
import type { SignersReport } from '../../trust/signers.js';
import { unfinished } from '../add/unfinished.js';
import { leaveOut } from './leave-out.js';
import { doubtfulEndpoints } from './doubtful-endpoints.js';
import { mergeCatalogs } from './merge-catalogs.js';
import { parseJson, readJson } from '../files/read-json.js';
import { readVerified } from '../files/verified-file.js';

/** A folder of models with its catalog. */
export interface ModelFolder {
  readonly path: string;
  readonly catalog: Catalog;
}

export interface ModelFolders extends CatalogSource, ModelStore, GoldenSource {
  /** With all that lies in them, what is left out included. */
  readonly folders: readonly ModelFolder[];
  readonly warnings: readonly string[];
  /** Where the deltas of a domain lie. */
  folderOf(domain: string): ModelFolder;
}

/** The folder that ships with Terrace. */
export const shippedModels = (): string =>
  dirname(createRequire(import.meta.url).resolve('@terrace/models/catalog.json'));

/** Where models lie, and what is believed of them. */
export interface ModelFoldersOptions {
  readonly shipped: string;
  readonly added: string;
  /** Has and brings what no folder holds; without it only the folders are looked into. */
  readonly fetcher?: Fetcher | undefined;
  /** Where a file may lie that no folder has in its place, such as one of a revision that is not in force. */
  readonly elsewhere?: ((file: FileRef) => string | undefined) | undefined;
  /** Used instead of the domain's own calibration. */
  readonly calibrationFile?: string | undefined;
  /** Whose signatures are believed, and when; looked at where something is signed or has to be. */
  readonly trust?: Trust | undefined;
  /** Refuses added models that nobody trusted has signed. */
  readonly requireSignatures?: boolean | undefined;
}

/**
 * Opens the shipped folder and the user's own beside it; what the user added wins where ids are equal.
 * A delta whose signature is wrong is left out, with a warning; where signatures are required nothing is.
 * @throws InvalidCatalogError, ArtifactMissingError; InvalidSignatureError, UntrustedSignerError when signatures are
 *   required
 */
export async function openModelFolders({
  shipped,
  added,
  calibrationFile,
  fetcher,
  elsewhere,
  trust = { home: dirname(added), clock: systemClock },
  requireSignatures = false,
}: ModelFoldersOptions): Promise<ModelFolders> {
  const finished = await finish(added, shipped);
  const present = [shipped, ...(existsSync(join(added, 'catalog.json')) ? [added] : [])];
  const warnings: string[] = [...finished];
  const folders = await Promise.all(present.map((path) => openFolder(path, warnings)));
  const used: Catalog[] = [];
  for (const folder of folders) {
    const required = requireSignatures && folder.path === added;
    const report = required || hasSignatures(folder) ? await checkSigners(folder, trust, required) : undefined;
    warnings.push(...(report?.warnings ?? []));
    used.push(report ? leaveOut(folder.catalog, report.leftOut, report.endpointsLeftOut) : folder.catalog);
  }
  const catalog = used.reduce(mergeCatalogs);
  warnings.push(...doubtfulEndpoints(used, catalog));
  const places = placesOf(folders);
  const sources = new Map(
    catalog.models.flatMap(({ source, variants }) =>
      source === undefined ? [] : variants.map(({ weights }) => [weights.sha256, source] as const),
    ),
  );
  const calibrations = new Map<string, Promise<Calibration | undefined>>();

  // The store first: what it holds was brought because it was missing or damaged where it should lie.
  const find = (file: FileRef): string | undefined =>
    fetcher?.store.has(file)
      ? fetcher.store.pathOf(file.sha256)
      : (places.get(file.sha256)?.find((path) => existsSync(path)) ?? elsewhere?.(file));

  const locate = (file: FileRef): string => {
    const location = find(file);
    if (location !== undefined) return location;
    throw new ArtifactMissingError({
      message: `No folder holds ${file.path}.`,
      hint: 'Run `terrace models verify` to see which files are missing.',
      facts: { file: file.path, sha256: file.sha256 },
    });
  };

  return {
    folders,
    warnings,
    current: () => catalog,
    presence(file) {
      if (find(file) !== undefined) return 'here';
      return fetcher && sources.has(file.sha256) ? 'fetchable' : 'missing';
    },
    async locate(file, options) {
      options?.signal?.throwIfAborted();
      const source = find(file) === undefined ? sources.get(file.sha256) : undefined;
      const location = fetcher && source !== undefined ? await fetcher.fetch(source, file, options) : locate(file);
      return { location, bytes: file.bytes, sha256: file.sha256 };
    },
    calibration(id) {
      const known = calibrations.get(id);
      if (known) return known;
      // Kept once it is read; a failure is told and forgotten.
      const read = Promise.resolve()
        .then(() => readCalibration(requireDomain(catalog, id), locate, calibrationFile))
        .catch((error: unknown) => {
          calibrations.delete(id);
          throw error;
        });
      calibrations.set(id, read);
      return read;
    },
    async golden(file) {
      const location = locate(file);
      const bytes = await readVerified({ ...file, location });
      return parseFile(goldenSchema, parseJson(new TextDecoder().decode(bytes), location), 'golden.json').value;
    },
    folderOf: (id) =>
      folders.findLast((folder) => folder.catalog.domains.some((domain) => domain.id === id)) ?? folders[0]!,
  };
}

/** What a process that ended in the middle of an installation left to do; hardly ever anything. Where nothing can be
 * written, what is there has to do. */
async function finish(added: string, shipped: string): Promise<readonly string[]> {
  if (unfinished(added).length === 0) return [];
  const { finishInterrupted } = await import('../add/swap-together.js');
  try {
    return await finishInterrupted(added, async () => (await openFolder(shipped)).catalog);
  } catch (error) {
    if (!StorageError.isInstance(error)) throw error;
    return [`an interrupted installation could not be finished: ${error.message} ${error.hint}`];
  }
}

/** Loaded where there is something to verify: no other start pays for it. */
async function checkSigners(folder: ModelFolder, trust: Trust, required: boolean): Promise<SignersReport> {
  const { reportSigners, requireSigned } = await import('../../trust/signers.js');
  if (required) await requireSigned(folder, trust);
  return reportSigners(folder, trust);
}

/**
 * One folder by itself.
 * @param warnings grows by what the catalog holds and nobody knows
 * @throws InvalidCatalogError when the catalog cannot be read or does not fit its schema
 */
export async function openFolder(path: string, warnings: string[] = []): Promise<ModelFolder> {
  const json = await readJson(join(path, 'catalog.json')).catch((cause: unknown) => {
    if (!ArtifactMissingError.isInstance(cause)) throw cause;
    const hint = 'Name the folder that holds catalog.json (--models), or install the package again.';
    throw new InvalidCatalogError({ message: cause.message, hint, facts: cause.facts, cause });
  });
  const parsed = parseFile(catalogSchema, json, 'catalog');
  warnings.push(...parsed.warnings.map((warning) => `${join(path, 'catalog.json')}: ${warning}`));
  return { path, catalog: parsed.value };
}

/**
 * @param override a file that is used instead of the domain's own calibration
 * @throws InvalidCatalogError, ArtifactCorruptError, CalibrationMismatchError, and what `locate` throws
 */
export async function readCalibration(
  { id, calibration }: Domain,
  locate: (file: FileRef) => string | Promise<string>,
  override: string | undefined,
): Promise<Calibration | undefined> {
  if (override !== undefined) return readGivenCalibration(override, id);
  if (!calibration) return undefined;
  const location = await locate(calibration);
  const bytes = await readVerified({ ...calibration, location });
  return parseFile(calibrationSchema, parseJson(new TextDecoder().decode(bytes), location), 'calibration').value;
}

/** @throws InvalidRequestError when the user named a file that cannot be read, CalibrationMismatchError */
async function readGivenCalibration(file: string, domain: string): Promise<Calibration> {
  const json = await readJson(file).catch((cause: unknown) => {
    if (!ArtifactMissingError.isInstance(cause)) throw cause;
    const hint = 'Name a file that `terrace calibrate --out FILE` wrote.';
    throw new InvalidRequestError({ message: cause.message, hint, facts: cause.facts, cause });
  });
  const calibration = parseFile(calibrationSchema, json, 'calibration').value;
  if (calibration.domain === domain) return calibration;
  throw new CalibrationMismatchError({
    message: `${file} is a calibration of "${calibration.domain}", not of "${domain}".`,
    hint: `Run \`terrace calibrate --domain ${domain} --data FILE\`, or leave the calibration to the domain.`,
    facts: { file, domain: calibration.domain },
  });
}

/** Where each content should lie: folders agree on content by its hash, not by its path. */
function placesOf(folders: readonly ModelFolder[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const { path, catalog } of folders.toReversed()) {
    for (const file of filesOf(catalog)) {
      places.set(file.sha256, [...(places.get(file.sha256) ?? []), join(path, file.path)]);
    }
  }
  return places;
}
