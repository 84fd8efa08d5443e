import {
  bundleManifestSchema,
  contentId,
  parseFile,
  sealSchema,
  type BundleEntry,
  type Catalog,
  type Seal,
} from '@terrace/core';
import { getMany, type UseStore } from 'idb-keyval';
import { domainOf, readLadder, type OwnLadder } from '../revisions/own-ladder.js';
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

/** What lies over the server's catalog. */
export interface Imports {
  /** Another one for other bundles and ladders; undefined when there are none. */
  readonly revision: string | undefined;
  /** Oldest first: a later one wins. */
  readonly bundles: readonly Import[];
  /** In force over all of them, one a domain. */
  readonly ladders: readonly OwnLadder[];
}

const BUNDLES = 'imported bundles';
const LADDERS = 'ladders in force';

/**
 * What another release has kept, or a database that was damaged, is looked at anew: what this one cannot read is none.
 * Rejects where the browser does not let its records be read.
 */
export async function readImports(records: UseStore): Promise<Imports> {
  const [revision, bundles, ladders] = await getMany<unknown>([IMPORTS_REVISION, BUNDLES, LADDERS], records);
  return {
    revision: typeof revision === 'string' ? revision : undefined,
    bundles: listed<Import>(bundles).flatMap((each) => readImport(each) ?? []),
    ladders: listed(ladders).flatMap((each) => readLadder(each) ?? []),
  };
}

const listed = <T>(kept: unknown): readonly T[] => (Array.isArray(kept) ? kept : []);

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
export const importsEntries = ({ revision, bundles, ladders }: Imports): [string, unknown][] => [
  [IMPORTS_REVISION, revision],
  [BUNDLES, bundles],
  [LADDERS, ladders],
];

export const NO_IMPORTS: Imports = { revision: undefined, bundles: [], ladders: [] };

export function importsOf({ bundles, ladders }: Omit<Imports, 'revision'>): Imports {
  const all = [...bundles.map(({ seal }) => seal.sha256), ...ladders.map(({ catalog }) => catalog.revision)];
  return { revision: all.length > 0 ? contentId(all, startHash) : undefined, bundles, ladders };
}

/** The same bundle again takes the place of itself. */
export const withImport = ({ bundles, ladders }: Imports, imported: Import): Imports =>
  importsOf({ bundles: [...bundles.filter(({ seal }) => seal.sha256 !== imported.seal.sha256), imported], ladders });

/** @param ladder undefined for what there is without one of its own */
export const withLadderIn = ({ bundles, ladders }: Imports, domain: string, ladder: OwnLadder | undefined): Imports =>
  importsOf({
    bundles,
    ladders: [...ladders.filter((each) => domainOf(each).id !== domain), ...(ladder ? [ladder] : [])],
  });
