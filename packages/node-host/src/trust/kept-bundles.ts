import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleManifestSchema, BUNDLE_MANIFEST, parseFile, BUNDLE_SEAL, sealSchema, type Catalog } from '@terrace/core';
import { contentId } from '../store/files/content-id.js';
import { parseJson } from '../store/files/read-json.js';
import { judge, type SignedBy, type Trust } from './signed-by.js';

/** In the folder of added models, hidden from its catalog: manifest and seal of each signed bundle that was imported. */
export const KEPT = '.signed';

/** What a signed bundle said, and who says so now. */
export interface KeptBundle {
  readonly by: SignedBy;
  /** What was in it. */
  readonly catalog: Catalog;
  /** Whether the entry is, to the letter, one of this bundle. */
  vouchesFor(entry: Entry): boolean;
}

type Entry = Catalog['models'][number] | Catalog['deltas'][number];

/** One that is damaged vouches for nothing, and stands in nobody's way. */
export async function readKeptBundles(overlay: string, trust: Trust): Promise<KeptBundle[]> {
  const names = await keptNames(overlay);
  const bundles = await Promise.all(names.map((name) => readKept(join(overlay, KEPT, name), trust)));
  return bundles.filter((each) => each !== undefined);
}

/** Forgets bundles of which nothing is left in the catalog. */
export async function pruneKeptBundles(overlay: string, { models, deltas }: Catalog): Promise<void> {
  const present = new Set([...models, ...deltas].map(contentId));
  for (const name of await keptNames(overlay)) {
    const folder = join(overlay, KEPT, name);
    const entries = await catalogOf(folder).then(entriesIn, () => new Set<string>());
    if (![...entries].some((entry) => present.has(entry))) await rm(folder, { recursive: true, force: true });
  }
}

const keptNames = (overlay: string): Promise<string[]> => readdir(join(overlay, KEPT)).catch(() => []);

async function readKept(folder: string, trust: Trust): Promise<KeptBundle | undefined> {
  try {
    const seal = parseFile(
      sealSchema,
      parseJson(await readFile(join(folder, BUNDLE_SEAL), 'utf8'), BUNDLE_SEAL),
      'signature',
    ).value;
    const text = await readFile(join(folder, BUNDLE_MANIFEST));
    const sha256 = createHash('sha256').update(text).digest('hex');
    if (!seal.signed) return undefined;
    const by = await judge(seal.signed, { kind: 'bundle', sha256 }, trust);
    const catalog = await catalogOf(folder);
    const entries = entriesIn(catalog);
    return { by, catalog, vouchesFor: (entry) => entries.has(contentId(entry)) };
  } catch {
    return undefined;
  }
}

async function catalogOf(folder: string): Promise<Catalog> {
  const json = parseJson(await readFile(join(folder, BUNDLE_MANIFEST), 'utf8'), join(folder, BUNDLE_MANIFEST));
  return parseFile(bundleManifestSchema, json, 'bundle').value.catalog;
}

const entriesIn = ({ models, deltas }: Catalog): Set<string> => new Set([...models, ...deltas].map(contentId));
