import { download } from '@terrace/core';
import type { Content } from '../content/content-store.js';
import type { StoreFiles } from '../content/store-host.js';
import { openResponse } from './open-response.js';
import { openPart } from './part-file.js';
import type { Transport } from './transport.js';

export interface DownloadOptions {
  readonly transport: Transport;
  readonly files: StoreFiles;
  readonly signal: AbortSignal;
  /** Told how many bytes of the file are here; the number falls when a file must be begun anew. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Downloads into a part file, from where it stands. The part stays when this fails or is cancelled.
 * @returns sha256 of the whole file: whether it is the right one is for the caller to say
 * @throws DownloadError, StorageError, the signal's reason; ArtifactCorruptError when the size is another one
 */
export async function downloadPart(
  url: string,
  path: string,
  { content, files, transport, ...options }: DownloadOptions & { content: Content },
): Promise<string> {
  const part = await openPart(path, content, files);
  try {
    await download({ url, open: openResponse(transport), part, bytes: content.bytes, ...transport, ...options });
    return await part.finish();
  } finally {
    await part.close();
  }
}
