import type { PartFile } from '@terrace/core';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** A file on its way, wherever its bytes go. */
export interface Part extends PartFile {
  /** @returns sha256 of all there is, in hex. @throws StorageError */
  finish(): string;
  close(): void;
}

/** Which version of a file bytes are of, as its server calls it: a range is asked for only of the same. */
export interface PartOrigin {
  readonly url: string;
  readonly etag: string;
}

/** @returns undefined for a weak validator, which does not promise the same bytes */
export const originOf = (url: string, etag: string | null): PartOrigin | undefined =>
  etag === null || etag.startsWith('W/') ? undefined : { url, etag };

/** What is hashed piece by piece; `crypto.subtle` hashes only what is whole. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  digest(): string;
}

export function startHash(): RunningHash {
  const hash = sha256.create();
  return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) };
}
