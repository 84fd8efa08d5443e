import { originOf, startHash, type Part, type PartOrigin } from './part.js';
import { storageFailure } from './storage-failure.js';

const CHUNK_BYTES = 1 << 20;
/** The handle of a worker that was killed is closed a little after its locks are given back. */
const MAX_TRIES = 20;
const PAUSE_MS = 50;

export interface StoredPartOptions {
  /** Of the whole file: one that is longer is none of it. */
  readonly wholeBytes: number;
  /** Of the version that the bytes of an earlier try are of. */
  readonly origin: PartOrigin | undefined;
  readonly onOrigin: (origin: PartOrigin | undefined) => void;
}

/** Opens a part where an earlier try left it, in a worker; what is on the disk is hashed again. @throws StorageError */
export async function openStoredPart(file: FileSystemFileHandle, options: StoredPartOptions): Promise<Part> {
  const handle = await openHandle(file);
  try {
    return new StoredPart(handle, options);
  } catch (cause) {
    handle.close();
    throw storageFailure('be written', cause);
  }
}

async function openHandle(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  for (let tries = 1; ; tries++) {
    try {
      return await file.createSyncAccessHandle!();
    } catch (cause) {
      const isHeld = cause instanceof DOMException && cause.name === 'NoModificationAllowedError';
      if (!isHeld || tries === MAX_TRIES) throw storageFailure('be written', cause);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

class StoredPart implements Part {
  readonly #handle: FileSystemSyncAccessHandle;
  readonly #onOrigin: StoredPartOptions['onOrigin'];
  #hash = startHash();
  #origin: PartOrigin | undefined;
  bytes = 0;

  constructor(handle: FileSystemSyncAccessHandle, { wholeBytes, origin, onOrigin }: StoredPartOptions) {
    this.#handle = handle;
    this.#origin = origin;
    this.#onOrigin = onOrigin;
    if (handle.getSize() > wholeBytes) handle.truncate(0);
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const read = handle.read(chunk, { at: this.bytes });
      if (read === 0) break;
      this.#hash.update(chunk.subarray(0, read));
      this.bytes += read;
    }
    // Asks for all the room before anything is fetched: what a browser tells of its quota may be the same number for all.
    handle.truncate(wholeBytes);
    const isRoom = handle.getSize() === wholeBytes;
    handle.truncate(this.bytes);
    if (!isRoom) throw isFull();
  }

  etagFor(url: string): string | undefined {
    return this.#origin?.url === url ? this.#origin.etag : undefined;
  }

  async restart(url: string, etag: string | null): Promise<void> {
    this.#handle.truncate(0);
    this.#hash = startHash();
    this.bytes = 0;
    this.#origin = originOf(url, etag);
    this.#onOrigin(this.#origin);
  }

  async append(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      for (let at = 0; at < chunk.length;) {
        const written = this.#handle.write(chunk.subarray(at), { at: this.bytes + at });
        // Where there is no room Chromium throws nothing: it tells a negative number, and as an unsigned one.
        if (written < 1 || written > chunk.length - at) throw isFull();
        at += written;
      }
    } catch (cause) {
      throw storageFailure('be written', cause);
    }
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  finish(): string {
    try {
      this.#handle.flush();
    } catch (cause) {
      throw storageFailure('be written', cause);
    }
    return this.#hash.digest();
  }

  close(): void {
    this.#handle.close();
  }
}

const isFull = (): DOMException => new DOMException('there is no room for more', 'QuotaExceededError');
