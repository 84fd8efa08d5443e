import { posix } from 'node:path';
import { ArtifactMissingError, InvalidRequestError } from '@terrace/core';
import type { SourceFile, SourceFolder } from '../add/source-folder.js';
import type { ContentStore } from '../content/content-store.js';
import type { PlannedItem } from './pull-plan.js';

/** Files of the content store under the names they have in a folder: what was pulled, in the form that is installed. */
export function storedSource(
  { name, files, licensed }: PlannedItem,
  store: ContentStore,
  origin: SourceFolder['origin'],
): SourceFolder {
  const find = async (path: string, maxBytes: number): Promise<SourceFile | undefined> => {
    const file = files.get(path.replaceAll('\\', '/'));
    if (!file) return undefined;
    if (file.bytes > maxBytes) {
      throw new InvalidRequestError({
        message: `${path} cannot be used: it has ${file.bytes} bytes, at most ${maxBytes} are read.`,
        hint: 'Check that it is the right file.',
        facts: { file: path },
      });
    }
    return { path: store.pathOf(file.sha256), bytes: file.bytes, sha256: file.sha256 };
  };
  return {
    name,
    origin,
    publisher: licensed?.publisher,
    find,
    async require(path, maxBytes) {
      const found = await find(path, maxBytes);
      if (found) return found;
      throw new ArtifactMissingError({
        message: `${name} comes without ${path}.`,
        hint: 'Tell its publisher.',
        facts: { file: path },
      });
    },
    names: async (folder) =>
      [...files.keys()]
        .filter((path) => (posix.dirname(path) === '.' ? '' : posix.dirname(path)) === folder)
        .map((path) => posix.basename(path))
        .toSorted(),
    parent: () => storedSource({ kind: 'model', id: name, name, files: new Map() }, store, undefined),
  };
}
