import { DownloadError, place, readSmall, type Clock, type OpenFile, type Random } from '@terrace/core';
import { emptyCatalog } from '../bundles/with-imports.js';
import { checkSignature } from './check-signature.js';
import { besides } from './file-address.js';
import type { AcceptedCatalog, CatalogText } from './kept-catalog.js';
import { parseCatalog } from './parse-catalog.js';

/** Beside `catalog.json`, as `terrace keys sign` writes it. */
const SIGNATURE = 'catalog.sig.json';
/** A catalog, signature or manifest larger than this is none. */
const MAX_BYTES = 16 << 20;

export interface ServerCatalogOptions {
  /** Absolute, of `catalog.json`; empty where there is no server. */
  readonly url: string;
  readonly open: OpenFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly trustedKeys: readonly string[];
}

/** What a server that never published a catalog has published. */
export const NO_CATALOG: CatalogText = { text: '', signature: undefined };

/** The catalog that a server publishes, before anything else is put over it. */
export class ServerCatalog {
  readonly #options: ServerCatalogOptions;

  constructor(options: ServerCatalogOptions) {
    this.#options = options;
  }

  /** @throws DownloadError, InvalidCatalogError where it is empty, the signal's reason */
  async fetch(signal: AbortSignal): Promise<CatalogText> {
    const { url, trustedKeys } = this.#options;
    const isSigned = trustedKeys.length > 0;
    const [text, signature] = await Promise.all([
      this.#read(url, signal),
      isSigned ? this.#read(besides(url, SIGNATURE), signal) : undefined,
    ]);
    if (text?.length === 0) parseCatalog('', place(url));
    if (text !== undefined) return { text: decode(text), signature: signature && decode(signature) };
    throw new DownloadError({
      message: `${place(url)} is not there.`,
      hint: 'Check the address of the catalog (catalogUrl), and that the folder of models is deployed.',
      facts: { url: place(url), status: 404 },
    });
  }

  /** What the text says. @throws InvalidCatalogError, InvalidSignatureError, UntrustedSignerError */
  async accept({ text, signature }: CatalogText): Promise<AcceptedCatalog> {
    const { url, trustedKeys, clock } = this.#options;
    // From where there is no server; one that sends nothing has been refused before.
    if (text === '') return { text, signature, catalog: emptyCatalog(), warnings: [] };
    const { value: catalog, warnings } = parseCatalog(text, place(url));
    if (trustedKeys.length > 0) {
      const { revision } = catalog;
      const its = { revision, signature, place: place(besides(url, SIGNATURE)) };
      await checkSignature({ ...its, trustedKeys, wallMs: clock.wallMs() });
    }
    return { text, signature, catalog, warnings: warnings.map((warning) => `${place(url)}: ${warning}`) };
  }

  /** A small file beside the catalog that it does not name. @returns undefined when there is none. @throws DownloadError */
  async beside(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { url } = this.#options;
    return url === '' ? undefined : this.#read(besides(url, path), signal);
  }

  async #read(address: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { open, clock, random } = this.#options;
    return (await readSmall(address, { maxBytes: MAX_BYTES, open, clock, random, signal }))?.bytes;
  }
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
