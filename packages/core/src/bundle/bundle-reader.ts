import type { InvalidBundleError } from '../errors/invalid-bundle-error.js';
import type { StartHash } from '../ports/running-hash.js';
import { brokenBundle } from './broken-bundle.js';
import type { BundleEntry } from './bundle-format.js';
import type { BundleSource } from './bundle-source.js';
import {
  areEqual,
  BLOCK_BYTES,
  describeHeader,
  END_BYTES,
  isTar,
  isZero,
  paddingOf,
  sizeIn,
  tarHeader,
} from './tar-header.js';

const CHUNK_BYTES = 1 << 20;

/** Where the content of an entry goes, piece by piece. */
export interface EntrySink {
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  readonly signal: AbortSignal;
}

/** Reads a bundle from its first byte to its last; every byte is looked at, and none is believed. */
export class BundleReader {
  readonly #source: BundleSource;
  readonly #startHash: StartHash;
  #at = 0;

  constructor(source: BundleSource, startHash: StartHash) {
    this.#source = source;
    this.#startHash = startHash;
  }

  /**
   * An entry of a size that nothing has said yet, whole.
   * @throws InvalidBundleError
   */
  async small(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const block = await this.#take(BLOCK_BYTES);
    if (!isTar(block)) throw this.#broken(`it is no tar file where ${path} should be`);
    const bytes = sizeIn(block);
    if (bytes === undefined || !areEqual(block, tarHeader(path, bytes))) throw this.#unexpected(block, path);
    if (bytes > maxBytes) throw this.#broken(`${path} has ${bytes} bytes; at most ${maxBytes} are read`);
    const content = await this.#take(bytes);
    await this.#padding(bytes, path);
    return content;
  }

  /**
   * The content of the next entry, which must be this one; it may be read again, for a sink that had to begin anew.
   * @throws InvalidBundleError, what the sink throws, and the signal's reason
   */
  next(entry: BundleEntry): (sink: EntrySink) => Promise<void> {
    const start = this.#at;
    return async (sink) => {
      this.#at = start;
      await this.#read(entry, sink);
    };
  }

  async #read({ path, bytes, sha256 }: BundleEntry, { write, signal }: EntrySink): Promise<void> {
    const block = await this.#take(BLOCK_BYTES);
    if (!areEqual(block, tarHeader(path, bytes))) throw this.#unexpected(block, path);
    const hash = this.#startHash();
    for (let left = bytes; left > 0;) {
      signal.throwIfAborted();
      const part = await this.#take(Math.min(CHUNK_BYTES, left));
      hash.update(part);
      await write(part);
      left -= part.length;
    }
    if (hash.digest() !== sha256) throw this.#broken(`${path} is not the file its manifest names`);
    await this.#padding(bytes, path);
  }

  /** @throws InvalidBundleError when anything but the end follows */
  async end(): Promise<void> {
    const block = await this.#take(END_BYTES);
    const first = block.subarray(0, BLOCK_BYTES);
    if (!isZero(first)) throw this.#unexpected(first, 'the end of the archive');
    if (!isZero(block)) throw this.#broken('its end is damaged');
    if ((await this.#source.read(this.#at, 1)).length > 0) throw this.#broken('something follows its end');
  }

  async #take(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const block = await this.#source.read(this.#at, bytes);
    if (block.length < bytes) throw this.#broken('it ends too early');
    this.#at += bytes;
    return block;
  }

  async #padding(bytes: number, path: string): Promise<void> {
    if (!isZero(await this.#take(paddingOf(bytes)))) throw this.#broken(`the space behind ${path} is not empty`);
  }

  #unexpected(block: Uint8Array, wanted: string): InvalidBundleError {
    return this.#broken(`where its manifest has ${wanted} there is ${describeHeader(block)}, or a damaged header`);
  }

  #broken(why: string): InvalidBundleError {
    return brokenBundle(this.#source.name, why);
  }
}
