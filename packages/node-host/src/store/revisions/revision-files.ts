import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FileRef } from '@terrace/core';
import { readRevision, type KeptRevision } from './revision-file.js';

/** Finds files of kept revisions by their content, whether those are in force or not. */
export interface RevisionFiles {
  find(file: Pick<FileRef, 'sha256'>): string | undefined;
}

/** @param root where revisions are kept; nothing is read before somebody looks for a file */
export function createRevisionFiles(root: string): RevisionFiles {
  const places = new Map<string, string>();
  const seen = new Set<string>();
  const look = (): void => {
    for (const domain of namesIn(root)) {
      for (const id of namesIn(join(root, domain))) {
        const folder = join(root, domain, id);
        // What was kept is never changed.
        if (seen.has(folder)) continue;
        seen.add(folder);
        for (const [sha256, path] of filesOf(readRevision(folder, id))) places.set(sha256, path);
      }
    }
  };
  const known = (sha256: string): string | undefined => {
    const path = places.get(sha256);
    return path !== undefined && existsSync(path) ? path : undefined;
  };
  return {
    find({ sha256 }) {
      const found = known(sha256);
      if (found !== undefined) return found;
      look();
      return known(sha256);
    },
  };
}

function filesOf(kept: KeptRevision | undefined): [sha256: string, path: string][] {
  if (!kept) return [];
  const { revision, folder, calibration } = kept;
  const files = [
    ...revision.deltas.flatMap(({ head, adapter, adapterConfig }) => [head, adapter, adapterConfig]),
    calibration,
  ];
  return files.flatMap((file) => (file ? [[file.sha256, join(folder, file.path)] as [string, string]] : []));
}

/** Folders that are hidden hold what is on its way. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}
