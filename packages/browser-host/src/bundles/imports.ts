import {
  bundleManifestSchema,
  contentId,
  parseFile,
  sealSchema,
  type BundleEntry,
  type Catalog,
  type Seal,
} from '@terrace/core';
import { get, type UseStore } from 'idb-keyval';
import { IMPORTS_REVISION } from '../store/kept-catalog.js';
import { startHash } from '../store/part.js';

/** A bundle that was imported: what it brought, and who vouched for it. */
export interface Import {
  readonly catalog: Catalog;
  /** Everything that was in it, in the store by sha256: what the catalog names, and the texts beside that. */
  readonly files: readonly BundleEntry[];
  readonly seal: Seal;
  /** Keys that counted for it beside those of the runtime. */
  readonly trustedKeys: readonly string[];
}

/** All of them, oldest first: a later one wins. */
export interface Imports {
  /** Another one for other bundles; undefined when there are none. */
  readonly revision: string | undefined;
  readonly bundles: readonly Import[];
}

const BUNDLES = 'imported bundles';

/**
 * What another release has kept, or a database that was damaged, is looked at anew: what this one cannot read is none.
 * Rejects where the browser does not let its records be read.
 */
export async function readImports(records: UseStore): Promise<Imports> {
  const [revision, kept] = await Promise.all([get<string>(IMPORTS_REVISION, records), get<unknown>(BUNDLES, records)]);
  return { revision, bundles: (Array.isArray(kept) ? kept : []).flatMap((each) => readImport(each) ?? []) };
}

function readImport(kept: Import): Import | undefined {
  try {
    const manifest = { format: 1, catalog: kept.catalog, files: kept.files };
    const { catalog, files } = parseFile(bundleManifestSchema, manifest, 'bundle').value;
    const seal = parseFile(sealSchema, kept.seal, 'signature').value;
    return { catalog, files, seal, trustedKeys: [...kept.trustedKeys] };
  } catch {
    return undefined;
  }
}

/** What is to be written, in one transaction with whatever relies on it. */
export const importsEntries = ({ revision, bundles }: Imports): [string, unknown][] => [
  [IMPORTS_REVISION, revision],
  [BUNDLES, bundles],
];

export function importsOf(bundles: readonly Import[]): Imports {
  const seals = bundles.map(({ seal }) => seal.sha256);
  return { revision: seals.length > 0 ? contentId(seals, startHash) : undefined, bundles };
}

/** The same bundle again takes the place of itself. */
export const withImport = ({ bundles }: Imports, imported: Import): Imports =>
  importsOf([...bundles.filter(({ seal }) => seal.sha256 !== imported.seal.sha256), imported]);
