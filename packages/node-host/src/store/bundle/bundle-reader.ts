import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidBundleError } from '@terrace/core';
import { makeFolder } from '../add/staging.js';
import { unwritable } from '../files/atomic-file.js';
import { writeAll } from '../files/copy-file.js';
import type { BundleEntry } from './bundle-format.js';
import { BLOCK_BYTES, describeHeader, END_BYTES, isTar, paddingOf, sizeIn, tarHeader } from './tar-header.js';

const CHUNK_BYTES = 1 << 20;

/** Reads a bundle from its first byte to its last; every byte is looked at, and none is believed. */
export class BundleReader {
  readonly #handle: FileHandle;
  readonly #file: string;
  #at = 0;

  constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  /**
   * An entry of a size that nothing has said yet, whole.
   * @throws InvalidBundleError
   */
  async small(path: string, maxBytes: number): Promise<Buffer> {
    const block = await this.#take(BLOCK_BYTES);
    if (!isTar(block)) throw this.#broken(`it is no tar file where ${path} should be`);
    const bytes = sizeIn(block);
    if (bytes === undefined || !block.equals(await tarHeader(path, bytes))) throw this.#unexpected(block, path);
    if (bytes > maxBytes) throw this.#broken(`${path} has ${bytes} bytes; at most ${maxBytes} are read`);
    const content = await this.#take(bytes);
    await this.#padding(bytes, path);
    return content;
  }

  /**
   * The next entry, which must be this one, into a new file below `root`.
   * @throws InvalidBundleError, StorageError, and the signal's reason
   */
  async extract(
    entry: BundleEntry,
    root: string,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { path, bytes, sha256 } = entry;
    const block = await this.#take(BLOCK_BYTES);
    if (!block.equals(await tarHeader(path, bytes))) throw this.#unexpected(block, path);
    const target = join(root, path);
    await makeFolder(dirname(target));
    const to = await open(target, 'wx').catch((cause: unknown) => {
      throw unwritable(target, cause);
    });
    try {
      const hash = createHash('sha256');
      for (let left = bytes; left > 0;) {
        signal.throwIfAborted();
        const part = await this.#take(Math.min(CHUNK_BYTES, left));
        hash.update(part);
        await writeAll(to, part, target);
        left -= part.length;
        onBytes(part.length);
      }
      if (hash.digest('hex') !== sha256) throw this.#broken(`${path} is not the file its manifest names`);
      await to.sync().catch((cause: unknown) => {
        throw unwritable(target, cause);
      });
    } finally {
      await to.close();
    }
    await this.#padding(bytes, path);
  }

  /** @throws InvalidBundleError when anything but the end follows */
  async end(): Promise<void> {
    const block = await this.#take(END_BYTES);
    const first = block.subarray(0, BLOCK_BYTES);
    if (!isZero(first)) throw this.#unexpected(first, 'the end of the archive');
    if (!isZero(block)) throw this.#broken('its end is damaged');
    const { bytesRead } = await this.#handle.read(Buffer.alloc(1), 0, 1, this.#at);
    if (bytesRead > 0) throw this.#broken('something follows its end');
  }

  async #take(bytes: number): Promise<Buffer> {
    const buffer = Buffer.alloc(bytes);
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await this.#handle.read(buffer, at, bytes - at, this.#at + at);
      if (bytesRead === 0) throw this.#broken('it ends too early');
      at += bytesRead;
    }
    this.#at += bytes;
    return buffer;
  }

  async #padding(bytes: number, path: string): Promise<void> {
    if (!isZero(await this.#take(paddingOf(bytes)))) throw this.#broken(`the space behind ${path} is not empty`);
  }

  #unexpected(block: Buffer, wanted: string): InvalidBundleError {
    return this.#broken(`where its manifest has ${wanted} there is ${describeHeader(block)}, or a damaged header`);
  }

  #broken(why: string): InvalidBundleError {
    return brokenBundle(this.#file, why);
  }
}

export function brokenBundle(file: string, why: string, cause?: unknown): InvalidBundleError {
  return new InvalidBundleError({
    message: `${file} is not a whole bundle: ${why}.`,
    hint: 'Copy it again from where it was made, and compare the sha256 of both; nothing was installed.',
    facts: { file },
    cause,
  });
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);
