import { originOf, startHash, type Part, type PartOrigin } from './part.js';

/** A file on its way that is kept nowhere but in memory. */
export class MemoryPart implements Part {
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #hash = startHash();
  #origin: PartOrigin | undefined;
  bytes = 0;

  etagFor(url: string): string | undefined {
    return this.#origin?.url === url ? this.#origin.etag : undefined;
  }

  async restart(url: string, etag: string | null): Promise<void> {
    this.#chunks = [];
    this.#hash = startHash();
    this.bytes = 0;
    this.#origin = originOf(url, etag);
  }

  async append(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#chunks.push(chunk);
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  finish(): string {
    return this.#hash.digest();
  }

  close(): void {
    // Nothing is open.
  }

  toBlob(): Blob {
    return new Blob(this.#chunks);
  }
}
