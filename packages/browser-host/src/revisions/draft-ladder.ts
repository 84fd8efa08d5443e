import {
  calibrationPath,
  canonicalJson,
  deltaFolder,
  DeltaMismatchError,
  ladderRevision,
  namedFilesOf,
  type BundleEntry,
  type Catalog,
  type Delta,
  type FileRef,
} from '@terrace/core';
import { catalogDelta, type PackedDelta, type RevisionDraft } from '@terrace/core/deltas';
import { startHash } from '../store/part.js';
import { hasBase, ladderCatalog, type OwnLadder } from './own-ladder.js';
import type { MadeFile } from './revision-files.js';

/** A ladder revision that can be kept. */
export interface DraftedLadder {
  readonly id: string;
  readonly ladder: OwnLadder;
  /** What is in it and was not there before. */
  readonly made: readonly MadeFile[];
}

/**
 * What a draft comes to with the deltas that stay.
 * @param catalog in force
 * @param before the ladder of this device that is in force, where one is
 * @throws DeltaMismatchError when there is no base of a delta
 */
export function draftLadder(
  { domain, deltas: packed, without = [], calibration }: RevisionDraft,
  catalog: Catalog,
  before: OwnLadder | undefined,
): DraftedLadder {
  const fresh = packed.map((each) => place(each, catalog));
  const gone = new Set([...without, ...fresh.map(({ delta }) => delta.base.id)]);
  const staying = catalog.deltas.filter((delta) => delta.domain === domain && !gone.has(delta.base.id));
  const deltas = [...staying, ...fresh.map(({ delta }) => delta)];
  const text = calibration && madeFile(calibrationPath(domain), encode(canonicalJson(calibration)));
  const id = ladderRevision(deltas, text, startHash);
  const own = ladderCatalog({ domain, revision: id, deltas, calibration: text && entryOf(text) });
  const made = [...fresh.flatMap(({ files }) => files), ...(text ? [text] : [])];
  const folders = staying.map((delta) => `${deltaFolder(delta)}/`);
  const kept = (before?.files ?? []).filter(({ path }) => folders.some((folder) => path.startsWith(folder)));
  const files = [...kept, ...made.map(entryOf), ...namedFilesOf(own)];
  return {
    id,
    made,
    ladder: { catalog: own, files: [...new Map(files.map((file) => [file.sha256, file])).values()] },
  };
}

interface Placed {
  readonly delta: Delta;
  readonly files: readonly MadeFile[];
}

function place(packed: PackedDelta, catalog: Catalog): Placed {
  const { domain, base } = packed.manifest;
  if (!hasBase(catalog, base)) {
    throw new DeltaMismatchError({
      message: `The delta "${packed.manifest.id}" belongs to "${base.id}", which the catalog does not have, or has in other weights.`,
      hint: 'Fit it on a model that is.',
      facts: { delta: packed.manifest.id, base: base.id },
    });
  }
  const pathOf = (name: string): string => `${deltaFolder({ domain, base })}/${name}`;
  return {
    delta: catalogDelta(packed, { pathOf, startHash }),
    files: [...packed.files].map(([name, content]) => madeFile(pathOf(name), content)),
  };
}

function madeFile(path: string, content: Uint8Array<ArrayBuffer>): MadeFile {
  const hash = startHash();
  hash.update(content);
  return { path, bytes: content.length, sha256: hash.digest(), content };
}

const entryOf = ({ path, bytes, sha256 }: MadeFile): BundleEntry & FileRef => ({ path, bytes, sha256 });

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
