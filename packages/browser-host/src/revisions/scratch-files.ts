import type { LocatedFile } from '@terrace/core';
import { startHash } from '../store/part.js';

/** Bytes as files that any worker of the origin can read until they are closed. They lie in memory. */
export interface ScratchFiles {
  put(bytes: Uint8Array<ArrayBuffer>): LocatedFile;
  close(): void;
}

export function createScratchFiles(): ScratchFiles {
  const urls: string[] = [];
  return {
    put(bytes) {
      const hash = startHash();
      hash.update(bytes);
      const location = URL.createObjectURL(new Blob([bytes]));
      urls.push(location);
      return { location, bytes: bytes.length, sha256: hash.digest() };
    },
    close() {
      for (const url of urls.splice(0)) URL.revokeObjectURL(url);
    },
  };
}
