import { namedFilesOf, type Catalog, type FileRef } from '@terrace/core';

/** A file, and what says where it is fetched from. */
export interface AddressedFile {
  readonly file: FileRef;
  readonly catalogUrl: string;
  /** Where its publisher has it: weights are fetched from below it. */
  readonly source: string | undefined;
}

/** Where contents come from, by their sha256. What an older catalog named goes on to be known: it may be in use. */
export class Addresses {
  readonly #known = new Map<string, AddressedFile>();
  /** sha256 of what bundles brought and no server has. */
  readonly imported = new Set<string>();

  get(sha256: string): AddressedFile | undefined {
    return this.#known.get(sha256);
  }

  has(sha256: string): boolean {
    return this.#known.has(sha256);
  }

  /**
   * The files of a catalog; weights come from the `source` of their model, where that is an address.
   * @param imported sha256 of files that lie beside no catalog
   */
  offer(catalog: Catalog, catalogUrl: string, imported: readonly string[] = []): void {
    for (const sha256 of imported) this.imported.add(sha256);
    for (const file of namedFilesOf(catalog)) if (!imported.includes(file.sha256)) this.add(file, catalogUrl);
    for (const { source, variants } of catalog.models) {
      if (source !== undefined && /^https?:/i.test(source))
        for (const { weights } of variants) this.add(weights, catalogUrl, source);
    }
  }

  add(file: FileRef, catalogUrl: string, source?: string): void {
    this.#known.set(file.sha256, { file, catalogUrl, source });
  }
}
