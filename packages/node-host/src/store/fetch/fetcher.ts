import { posix } from 'node:path';
import type { FileRef, LocateOptions } from '@terrace/core';
import type { ContentStore } from '../content/content-store.js';
import { downloadPart } from './download.js';
import { folderSource } from './folder-source.js';
import { hubFileUrl, hubSource, parseHubAddress } from './hub-source.js';
import type { PullSource } from './pull-source.js';
import type { Transport } from './transport.js';
import { urlSource } from './url-source.js';

/** Brings files into the content store. */
export interface Fetcher {
  readonly store: ContentStore;
  /** Opens what a user names: an address, `hf:owner/name`, or a folder. */
  open(source: string, signal: AbortSignal): Promise<PullSource>;
  /**
   * Fetches weights that a model names a `source` for, under their own name below it.
   * @returns where they lie
   * @throws DownloadError, ArtifactCorruptError, StorageError, the signal's reason
   */
  fetch(source: string, file: FileRef, options?: LocateOptions): Promise<string>;
}

export function createFetcher({
  store,
  transport,
  hub,
}: {
  store: ContentStore;
  transport: Transport;
  /** Address of the hub or its mirror, without a slash at the end. */
  hub: string;
}): Fetcher {
  const { files } = store.host;
  return {
    store,
    async open(source, signal) {
      if (source.startsWith('hf:')) return hubSource(source, { endpoint: hub, transport, files, signal });
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return urlSource(source, { transport, files });
      return folderSource(source, { files });
    },
    fetch(source, file, { signal = new AbortController().signal, onProgress } = {}) {
      const url = addressOf(source, posix.basename(file.path), hub);
      const onBytes = (doneBytes: number): void => onProgress?.({ doneBytes, totalBytes: file.bytes, file: file.path });
      return store.obtain(
        file,
        (part) => downloadPart(url, part, { content: file, transport, files, signal, onBytes }),
        { name: file.path, signal },
      );
    },
  };
}

function addressOf(source: string, name: string, hub: string): string {
  if (!source.startsWith('hf:')) return `${source.replace(/\/$/, '')}/${encodeURIComponent(name)}`;
  const address = parseHubAddress(source);
  return hubFileUrl(hub, address, posix.join(address.folder ?? '', name));
}
