import { filesOf, type Catalog, type FileRef } from '@terrace/core';
import { besides } from './file-address.js';

export interface AddressedFile {
  readonly file: FileRef;
  readonly url: string;
}

/** Where contents come from, by their sha256. What an older catalog named goes on to be known: it may be in use. */
export class Addresses {
  readonly #known = new Map<string, AddressedFile>();

  get(sha256: string): AddressedFile | undefined {
    return this.#known.get(sha256);
  }

  has(sha256: string): boolean {
    return this.#known.has(sha256);
  }

  /**
   * The files of a catalog are fetched from beside it, or, weights whose model says so, from below its `source` where
   * that is an address.
   */
  offer(catalog: Catalog, catalogUrl: string): void {
    for (const file of filesOf(catalog)) this.#known.set(file.sha256, { file, url: besides(catalogUrl, file.path) });
    for (const { source, variants } of catalog.models) {
      if (source === undefined || !/^https?:/i.test(source)) continue;
      for (const { weights } of variants) {
        const name = encodeURIComponent(weights.path.split('/').at(-1)!);
        this.#known.set(weights.sha256, { file: weights, url: `${source.replace(/\/$/, '')}/${name}` });
      }
    }
  }
}
