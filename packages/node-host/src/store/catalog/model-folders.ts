import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  ArtifactMissingError,
  CalibrationMismatchError,
  InvalidCatalogError,
  calibrationSchema,
  catalogSchema,
  InvalidRequestError,
  parseFile,
  requireDomain,
  type Calibration,
  type Catalog,
  type CatalogSource,
  type Domain,
  type FileRef,
  type ModelStore,
} from '@terrace/core';
import { mergeCatalogs } from './merge-catalogs.js';
import { parseJson, readJson } from '../files/read-json.js';
import { readVerified } from '../files/verified-file.js';

/** A folder of models with its catalog. */
export interface ModelFolder {
  readonly path: string;
  readonly catalog: Catalog;
}

export interface ModelFolders extends CatalogSource, ModelStore {
  readonly folders: readonly ModelFolder[];
  readonly warnings: readonly string[];
  /** Where the deltas of a domain lie. */
  folderOf(domain: string): ModelFolder;
}

/** The folder that ships with Terrace. */
export const shippedModels = (): string =>
  dirname(createRequire(import.meta.url).resolve('@terrace/models/catalog.json'));

/**
 * Opens the shipped folder and the user's own beside it; what the user added wins where ids are equal.
 * @throws InvalidCatalogError, ArtifactMissingError
 */
export async function openModelFolders({
  shipped,
  added,
  calibrationFile,
}: {
  shipped: string;
  added: string;
  /** Used instead of the domain's own calibration. */
  calibrationFile?: string | undefined;
}): Promise<ModelFolders> {
  const present = [shipped, ...(existsSync(join(added, 'catalog.json')) ? [added] : [])];
  const warnings: string[] = [];
  const folders = await Promise.all(present.map((path) => openFolder(path, warnings)));
  const catalog = folders.map((folder) => folder.catalog).reduce(mergeCatalogs);
  const paths = new Map(
    folders.flatMap(({ path, catalog: each }) => filesOf(each).map((file) => [file.sha256, join(path, file.path)])),
  );
  const calibrations = new Map<string, Promise<Calibration | undefined>>();

  const locate = (file: FileRef): string => {
    const location = paths.get(file.sha256);
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
    async locate(file) {
      return { location: locate(file), bytes: file.bytes, sha256: file.sha256 };
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
    folderOf: (id) =>
      folders.findLast((folder) => folder.catalog.domains.some((domain) => domain.id === id)) ?? folders[0]!,
  };
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

async function readCalibration(
  { id, calibration }: Domain,
  locate: (file: FileRef) => string,
  override: string | undefined,
): Promise<Calibration | undefined> {
  if (override !== undefined) return readGivenCalibration(override, id);
  if (!calibration) return undefined;
  const location = locate(calibration);
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

/** Every file a catalog names, once. Files of equal content at different paths are different files. */
export function filesOf({ models, deltas, domains }: Catalog): FileRef[] {
  const files = [
    ...models.flatMap(({ variants, tokenizer, tokenizerConfig }) => [
      ...variants.map(({ weights }) => weights),
      tokenizer,
      tokenizerConfig,
    ]),
    ...deltas.flatMap(({ head, adapter, adapterConfig }) => [head, adapter, adapterConfig]),
    ...domains.map(({ calibration }) => calibration),
  ];
  const byPath = new Map(files.flatMap((file) => (file ? [[file.path, file] as const] : [])));
  return [...byPath.values()];
}
