import { opendir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mediaTypeOfName } from '@terrace/core/documents';

/** A file that may be a document, or a folder that cannot be looked into. */
export interface FoundFile {
  readonly path: string;
  readonly failure: unknown;
}

/**
 * The documents at a path: itself, or those in it and in folders within it. What is not called as documents are, what is
 * hidden, packages of others and links to folders are passed over: a link may lead back to where it stands.
 */
export async function* documentFiles(path: string): AsyncGenerator<FoundFile, void> {
  const root = resolve(path);
  if (!(await isFolder(root))) return yield { path: root, failure: undefined };
  // Deepest first, as a reader of the listing would go; a list, because folders nest deeper than calls may.
  const left = [root];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    const inside: string[] = [];
    const files: string[] = [];
    try {
      for await (const entry of await opendir(folder)) {
        const each = join(folder, entry.name);
        if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
        if (entry.isDirectory()) inside.push(each);
        else if (mediaTypeOfName(entry.name) && !(entry.isSymbolicLink() && (await isFolder(each)))) files.push(each);
      }
    } catch (failure) {
      yield { path: folder, failure };
      continue;
    }
    for (const file of files.toSorted()) yield { path: file, failure: undefined };
    left.push(...inside.toSorted().toReversed());
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
