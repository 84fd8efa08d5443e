import { deltaFolder, modelFolder, namedFilesOf, type BundleEntry, type Contents } from '@terrace/core';
import type { Import } from './imports.js';

/** Written anew, or found by its content. */
const MANIFESTS = new Set(['model.json', 'delta.json']);

/** Licences and signatures that came with what goes into a bundle: they travel on with it. */
export function textsBeside(
  { models, deltas }: Contents,
  imports: readonly Pick<Import, 'catalog' | 'files'>[],
): BundleEntry[] {
  const found = new Map<string, BundleEntry>();
  for (const { catalog, files } of imports) {
    const named = new Set(namedFilesOf(catalog).map(({ path }) => path));
    const folders = new Set([
      ...models.filter((model) => catalog.models.some(sameWeights(model))).map(({ id }) => modelFolder(id)),
      ...deltas.filter(({ contentId }) => catalog.deltas.some((each) => each.contentId === contentId)).map(deltaFolder),
    ]);
    for (const file of files) {
      const [folder = '', name = ''] = [file.path.replace(/\/[^/]*$/, ''), file.path.replace(/^.*\//, '')];
      if (folders.has(folder) && !named.has(file.path) && !MANIFESTS.has(name)) found.set(file.path, file);
    }
  }
  return [...found.values()];
}

type Model = Contents['models'][number];

const sameWeights =
  ({ id, variants }: Model) =>
  (other: Model): boolean =>
    other.id === id &&
    variants.every(({ weights }) => other.variants.some((each) => each.weights.sha256 === weights.sha256));
