import { deltaFolder, type Delta, type FileRef } from '@terrace/core';
import type { KeptContents } from '../store/kept-contents.js';
import type { Import } from './imports.js';
import { deltaManifests, isManifestOf } from './manifest-texts.js';
import { storedFile } from './stored-file.js';

export interface ManifestSearch {
  readonly kept: KeptContents;
  /** What bundles and fits have brought. */
  readonly imports: readonly Pick<Import, 'files'>[];
  /** Brings a small file of the catalog. */
  readonly bring: (file: FileRef) => Promise<unknown>;
  /** What the server has at a path beside its catalog. @returns undefined when it has nothing there */
  readonly fetchText: (path: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/**
 * The text of `delta.json` of each delta that has its `adapter_config.json`, too: a page needs neither for itself. A
 * bundle or a fit has brought it, the catalog's words give it, or the server has it.
 * @returns by the delta's id; nothing for one that cannot be completed now
 */
export async function findDeltaManifests(
  deltas: readonly Delta[],
  search: ManifestSearch,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const found = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const delta of deltas) {
    const { adapterConfig } = delta;
    const isComplete = !adapterConfig || search.kept.mayHave(adapterConfig) || (await isBrought(adapterConfig, search));
    const text = isComplete ? await findManifest(delta, search) : undefined;
    if (text) found.set(delta.id, text);
  }
  return found;
}

/** Without a network it is left out. */
const isBrought = (file: FileRef, { bring }: ManifestSearch): Promise<boolean> =>
  bring(file).then(
    () => true,
    () => false,
  );

async function findManifest(delta: Delta, search: ManifestSearch): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const isIts = (text: Uint8Array): boolean => isManifestOf(delta, text);
  const rebuilt = deltaManifests(delta).map((text) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>);
  const imported = await Promise.all(importedManifests(delta, search));
  const here = [...imported, ...rebuilt].find((text) => text && isIts(text));
  if (here) return here;
  const path = delta.head.path.replace(/[^/]*$/, 'delta.json');
  const fetched = await search.fetchText(path).catch(() => undefined);
  return fetched && isIts(fetched) ? fetched : undefined;
}

function importedManifests(
  delta: Delta,
  { kept, imports }: ManifestSearch,
): Promise<Uint8Array<ArrayBuffer> | undefined>[] {
  const path = `${deltaFolder(delta)}/delta.json`;
  const files = imports.flatMap(({ files: all }) => all.filter((file) => file.path === path));
  return files.map(async ({ sha256 }) => {
    const file = await storedFile(kept.files, sha256).catch(() => undefined);
    return file && new Uint8Array(await file.arrayBuffer());
  });
}
