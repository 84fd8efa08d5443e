import { folderName } from '@terrace/core';
import { join } from 'node:path';
import type { FetchProgress } from '@terrace/core';
import { stageAny } from '../add/add-model.js';
import { installStaged, type Installed } from '../add/install-staged.js';
import { LIMITS } from '../add/source-folder.js';
import { makeFolder, type Staged } from '../add/staging.js';
import { copyFile } from '../files/copy-file.js';
import type { Fetcher } from '../fetch/fetcher.js';
import type { PullSource } from '../fetch/pull-source.js';
import { contentsOf, type PlannedItem, type PullPlan } from './pull-plan.js';
import { storedSource } from './stored-source.js';

export interface Pulling {
  readonly plan: PullPlan;
  readonly source: PullSource;
  readonly fetcher: Fetcher;
  /** The folder of added models, and the folder it stands over. */
  readonly overlay: string;
  readonly shipped: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FetchProgress) => void;
  /** Asked last before anything is installed. */
  readonly admit?: Parameters<typeof installStaged>[0]['admit'];
}

export interface Pulled extends Installed {
  /** What had to be fetched. */
  readonly fetchedBytes: number;
}

/**
 * Brings the files of a plan into the content store and installs them, all or nothing. What was fetched stays for
 * the next try when this fails or is cancelled.
 * @throws DownloadError, ArtifactCorruptError, ArtifactMissingError, StorageError, InvalidCatalogError,
 *   InvalidRequestError, DeltaMismatchError, the signal's reason
 */
export async function runPull(pulling: Pulling): Promise<Pulled> {
  const { plan, fetcher, overlay, shipped, signal, admit } = pulling;
  const { store } = fetcher;
  const files = contentsOf(plan);
  // Until the catalog names them, this keeps a collection that runs meanwhile from taking them.
  const hold = await store.hold(
    files.map(({ sha256 }) => sha256),
    signal,
  );
  try {
    const fetchedBytes = await bring(pulling);
    const stage = async (root: string): Promise<Staged[]> => {
      const staged: Staged[] = [];
      for (const item of plan.items) staged.push(await stageItem(item, root, pulling));
      return staged;
    };
    return { ...(await installStaged({ overlay, shipped, signal, stage, admit })), fetchedBytes };
  } finally {
    await hold.release();
  }
}

/** @returns how many bytes were not here */
async function bring({ plan, source, fetcher: { store }, signal, onProgress }: Pulling): Promise<number> {
  const wanted = [];
  for (const file of contentsOf(plan)) if (!(await store.isSound(file, signal))) wanted.push(file);
  const totalBytes = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  await store.requireRoom(totalBytes);
  let before = 0;
  const report = (bytes: number, path: string): void =>
    onProgress({ doneBytes: before + bytes, totalBytes, file: path });
  if (wanted[0]) report(0, wanted[0].path);
  for (const file of wanted) {
    signal.throwIfAborted();
    const onBytes = (bytes: number): void => report(bytes, file.path);
    if (file.inMemory) await store.put(file.inMemory);
    else {
      const fill = (part: string): Promise<string> => source.fill(file.path, part, file, { signal, onBytes });
      await store.obtain(file, fill, { name: file.path, signal });
    }
    report(file.bytes, file.path);
    before += file.bytes;
  }
  return totalBytes;
}

async function stageItem(item: PlannedItem, root: string, { source, fetcher, signal }: Pulling): Promise<Staged> {
  const stored = storedSource(item, fetcher.store, (folder) => source.origin(folder));
  if (item.kind !== 'calibration') return stageAny(stored, root, signal);
  const place = join('deltas', folderName(item.id), 'calibration.json');
  await makeFolder(join(root, 'deltas', folderName(item.id)));
  await copyFile(await stored.require('calibration.json', LIMITS.manifest), join(root, place), { signal });
  return { kind: 'calibration', id: item.id, place, notes: [] };
}
