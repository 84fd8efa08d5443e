import type { FileRef } from '@terrace/core';
import { fillPart, type Fill } from './fill-part.js';
import { MemoryPart } from './memory-part.js';

/** Files that are kept as long as their worker lives, where they cannot be stored. Any worker of the origin reads them. */
export class MemoryContents {
  readonly #urls = new Map<string, string>();
  readonly #bytes = new Map<string, number>();

  find({ sha256 }: FileRef): string | undefined {
    return this.#urls.get(sha256);
  }

  /** @returns where it is. @throws ArtifactCorruptError, what `fill` throws */
  async bring(file: FileRef, fill: Fill): Promise<string> {
    let part = new MemoryPart();
    const open = async (): Promise<MemoryPart> => part;
    const drop = async (): Promise<void> => void (part = new MemoryPart());
    const filled = await fillPart(file, { open, drop, fill });
    const url = URL.createObjectURL(filled.toBlob());
    this.#urls.set(file.sha256, url);
    this.#bytes.set(file.sha256, file.bytes);
    return url;
  }

  drop({ sha256 }: FileRef): void {
    const url = this.#urls.get(sha256);
    if (url !== undefined) URL.revokeObjectURL(url);
    this.#urls.delete(sha256);
    this.#bytes.delete(sha256);
  }

  usedBytes(): number {
    return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}
