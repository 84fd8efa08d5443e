import type { Calibration, Catalog } from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import { VERSION } from '../assets/version.js';
import { get, set } from '../records/values.js';

/** A catalog as it came. */
export interface CatalogText {
  readonly text: string;
  /** The file with its signature, where signatures are asked for. */
  readonly signature: string | undefined;
}

/** A catalog that may be used, and the text it was read from. */
export interface AcceptedCatalog extends CatalogText {
  readonly catalog: Catalog;
  /** Of what the reader did not understand, and did without. */
  readonly warnings: readonly string[];
  /** Of the bundles that are in the catalog over the server's own; undefined where none is. */
  readonly imports?: KeptImports | undefined;
}

interface KeptImports {
  readonly revision: string;
  /** sha256 of their files that no server has: nothing else can bring them back. */
  readonly files: readonly string[];
}

/** What was checked when it was kept, by which release and for which keys: another one checks anew. */
interface Kept {
  readonly release: string;
  readonly trustedKeys: readonly string[];
}

/** The one from an address for keys that count now. */
export interface CatalogKey {
  readonly url: string;
  readonly trustedKeys: readonly string[];
}

/** Which bundles were imported: a catalog that was kept before the last one is put together anew. */
export const IMPORTS_REVISION = 'imported';

const catalogKey = (url: string): string => `catalog ${url}`;
const calibrationKey = (sha256: string): string => `calibration ${sha256}`;

/** @returns undefined when none was kept that this release has checked for these keys, and for what was imported */
export async function readKeptCatalog(
  records: UseStore,
  { url, trustedKeys }: CatalogKey,
): Promise<AcceptedCatalog | undefined> {
  const [kept, imported] = await Promise.all([
    read<Kept & AcceptedCatalog>(records, catalogKey(url)),
    read<string>(records, IMPORTS_REVISION),
  ]);
  const isChecked =
    kept?.release === VERSION && kept.trustedKeys.join() === trustedKeys.join() && kept.imports?.revision === imported;
  return isChecked ? kept : undefined;
}

/** Whoever has kept it. @returns undefined when none was kept */
export async function readKeptText(records: UseStore, url: string): Promise<CatalogText | undefined> {
  const { text, signature } = (await read<Partial<CatalogText>>(records, catalogKey(url))) ?? {};
  if (typeof text !== 'string') return undefined;
  return { text, signature: typeof signature === 'string' ? signature : undefined };
}

/** @returns undefined when none was kept that this release has checked */
export async function readKeptCalibration(records: UseStore, sha256: string): Promise<Calibration | undefined> {
  const kept = await read<Pick<Kept, 'release'> & { calibration: Calibration }>(records, calibrationKey(sha256));
  return kept?.release === VERSION ? kept.calibration : undefined;
}

/** What is to be written for a catalog. */
export const catalogEntry = (
  { url, trustedKeys }: CatalogKey,
  { text, signature, catalog, warnings, imports }: AcceptedCatalog,
): [string, Kept & AcceptedCatalog] => [
  catalogKey(url),
  { release: VERSION, trustedKeys, text, signature, catalog, warnings, imports },
];

/** Replaces the one that was kept before, as a whole. Where nothing can be kept the next start needs a network. */
export const keepCatalog = (records: UseStore, key: CatalogKey, accepted: AcceptedCatalog): Promise<void> =>
  set(...catalogEntry(key, accepted), records).catch(() => undefined);

export const keepCalibration = (records: UseStore, sha256: string, calibration: Calibration): Promise<void> =>
  set(calibrationKey(sha256), { release: VERSION, calibration }, records).catch(() => undefined);

const read = <T>(records: UseStore, key: string): Promise<T | undefined> => get<T>(key, records).catch(() => undefined);
