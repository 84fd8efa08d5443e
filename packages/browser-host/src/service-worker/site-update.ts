import type { Clock } from '@terrace/core';
import { isFull } from '../store/storage-failure.js';
import { inTime } from '../indexed-db/in-time.js';
import { fetchFile, unreachable } from './fetch-file.js';
import { parseFileList, type FileList, type ListedFile } from './file-list.js';
import type { KeptFiles } from './kept-files.js';
import type { SiteState } from './site-state.js';
import { addressOf } from './site-version.js';
import type { Clients } from './worker-scope.js';

/** Each is held in memory until its hash is known. */
const FILES_AT_ONCE = 4;
const LIST_LIMIT_MS = 30_000;

export interface UpdateOptions {
  /** Of the lock: one worker of the site brings a version at a time. */
  readonly name: string;
  readonly listUrl: string;
  readonly state: SiteState;
  readonly kept: KeptFiles;
  readonly clients: Pick<Clients, 'matchAll'>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly onProgress: (progress: { readonly doneBytes: number; readonly totalBytes: number }) => void;
}

/**
 * Looks at the server's list, and makes its version the current one when every file of it is here and is the right
 * one; until then, and when that fails, nothing changes for any page. What has come already is kept for the next try.
 * Files of the current version that got lost are fetched as well.
 * @throws DownloadError, ArtifactCorruptError, InvalidDataError, StorageError
 */
export function updateSite(options: UpdateOptions): Promise<void> {
  return navigator.locks.request(options.name, async () => {
    const { state } = options;
    const list = await fetchList(options);
    await state.refresh();
    await dropUnused(options, list.files);
    const isNew = list.version !== state.current?.id;
    // What it shares with versions before is looked at: reading drops what is damaged.
    if (isNew) for (const file of list.files) await options.kept.read(file);
    try {
      await fill(options, list);
    } catch (error) {
      // The room is wanted for what works.
      if (isFull(error)) await dropUnused(options, []);
      throw error;
    }
    if (isNew) await state.switchTo(list);
  }) as Promise<void>;
}

async function fetchList({ listUrl, fetch, clock }: UpdateOptions): Promise<FileList> {
  const read = async (): Promise<string> => {
    const response = await fetch(listUrl, { cache: 'no-store' });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.text();
  };
  const text = await inTime(clock, LIST_LIMIT_MS, read()).catch((cause: unknown) => {
    throw unreachable(listUrl, cause);
  });
  if (text === undefined) throw unreachable(listUrl, 'it does not answer');
  return parseFileList(text, listUrl);
}

/**
 * A version that a page still has stays. So does the one before the current one until the next look: by then the disk
 * has what came, also when the power fails.
 */
async function dropUnused({ state, kept, clients }: UpdateOptions, coming: readonly ListedFile[]): Promise<void> {
  const live = await clients.matchAll({ includeUncontrolled: true, type: 'all' });
  await state.forgetUnused(new Set(live.map(({ id }) => id)));
  await kept.keepOnly([...state.versions().flatMap(({ list }) => list.files), ...coming]);
}

async function fill(options: UpdateOptions, { files }: FileList): Promise<void> {
  const { kept, listUrl, state, fetch, clock, onProgress } = options;
  const has = await kept.look();
  const isUsed = ({ path }: ListedFile): boolean => {
    const before = state.current?.at(path);
    return before !== undefined && has(before);
  };
  const needed = files.filter((file) => !file.whenUsed || isUsed(file));
  const missing = needed.filter((file) => !has(file));
  if (missing.length === 0) return;
  const totalBytes = sumBytes(needed);
  let doneBytes = totalBytes - sumBytes(missing);
  // Otherwise it would be fetched in vain, at every visit anew.
  await kept.requireRoom(sumBytes(missing));
  await inParallel(missing, async (file, signal) => {
    const onBytes = (bytes: number): void => onProgress({ doneBytes: (doneBytes += bytes), totalBytes });
    await kept.put(file, await fetchFile({ file, url: addressOf(file, listUrl), fetch, clock, signal, onBytes }));
  });
}

const sumBytes = (files: readonly ListedFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** @throws what was thrown first, once nothing is under way any more */
async function inParallel(
  files: readonly ListedFile[],
  work: (file: ListedFile, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const waiting = files.values();
  const workOff = async (): Promise<void> => {
    for (const file of waiting) {
      failed.signal.throwIfAborted();
      await work(file, failed.signal).catch((error: unknown) => failed.abort(error));
    }
  };
  await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, workOff));
  failed.signal.throwIfAborted();
}
