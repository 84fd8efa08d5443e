import {
  calibrationSchema,
  DownloadError,
  goldenSchema,
  parseFile,
  place,
  readSmall,
  requireDomain,
  SharedWork,
  TerraceError,
  type Calibration,
  type Catalog,
  type CatalogSource,
  type Clock,
  type FileRef,
  type Golden,
  type GoldenSource,
  type OpenFile,
  type Random,
} from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import type { Addresses } from './addresses.js';
import type { BrowserStore } from './browser-store.js';
import type { CheckSignature } from './check-signature.js';
import { besides } from './file-address.js';
import { keepCatalog, readKeptCatalog, type CatalogText } from './kept-catalog.js';
import { parseCatalog, parseJson } from './parse-catalog.js';

/** Beside `catalog.json`, as `terrace keys sign` writes it. */
const SIGNATURE = 'catalog.sig.json';
/** A catalog or signature larger than this is none. */
const MAX_BYTES = 16 << 20;

export interface CatalogOptions {
  /** Absolute, of `catalog.json`. */
  readonly url: string;
  readonly records: UseStore;
  readonly store: BrowserStore;
  readonly addresses: Addresses;
  readonly open: OpenFile;
  readonly clock: Clock;
  readonly random: Random;
  /** With keys, a catalog that none of them has signed is refused. */
  readonly trustedKeys: readonly string[];
  readonly loadCheck: () => Promise<CheckSignature>;
  readonly onWarning: (message: string) => void;
}

/** A catalog that may be used, and the text it was read from. */
interface Accepted extends CatalogText {
  readonly catalog: Catalog;
}

/**
 * The catalog at an address. A start takes the one that was kept and looks for a newer one in the background; the first
 * start waits for the network. A newer one is used once its calibrations are here, too.
 */
export class BrowserCatalog implements CatalogSource, GoldenSource {
  readonly #options: CatalogOptions;
  readonly #end = new AbortController();
  readonly #refreshes = new SharedWork<boolean>();
  /** By sha256. A failure is told and forgotten. */
  readonly #calibrations = new Map<string, Promise<Calibration>>();
  #accepted: Accepted;

  private constructor(options: CatalogOptions, accepted: Accepted) {
    this.#options = options;
    this.#accepted = accepted;
  }

  /**
   * @throws DownloadError, InvalidCatalogError, InvalidSignatureError, UntrustedSignerError when no catalog was kept and
   *   none can be had
   */
  static async open(options: CatalogOptions): Promise<BrowserCatalog> {
    const kept = await acceptKept(options);
    const signal = new AbortController().signal;
    const accepted = kept ?? (await accept(options, await fetchCatalog(options, signal)));
    options.addresses.offer(accepted.catalog, options.url);
    const opened = new BrowserCatalog(options, accepted);
    if (kept) void opened.#lookForNewer();
    else void opened.#keep(accepted).catch(() => undefined);
    return opened;
  }

  current(): Catalog {
    return this.#accepted.catalog;
  }

  async calibration(domain: string): Promise<Calibration | undefined> {
    const { calibration } = requireDomain(this.current(), domain);
    if (!calibration) return undefined;
    const known = this.#calibrations.get(calibration.sha256);
    if (known) return known;
    const read = this.#readJson(calibration).then((json) => parseFile(calibrationSchema, json, 'calibration').value);
    this.#calibrations.set(calibration.sha256, read);
    read.catch(() => this.#calibrations.delete(calibration.sha256));
    return read;
  }

  async golden(file: FileRef): Promise<Golden> {
    return parseFile(goldenSchema, await this.#readJson(file), 'golden.json').value;
  }

  /**
   * Looks for a newer catalog.
   * @returns whether there was one, which is then in force
   * @throws DownloadError, InvalidCatalogError, InvalidSignatureError, UntrustedSignerError, and what its calibrations
   *   cannot be fetched for: then the one before goes on
   */
  refresh(): Promise<boolean> {
    return this.#refreshes.join('', undefined, async () => {
      const fetched = await fetchCatalog(this.#options, this.#end.signal);
      const { text, catalog } = this.#accepted;
      if (fetched.text === text) return false;
      const newer = await accept(this.#options, fetched);
      if (newer.catalog.revision === catalog.revision) return false;
      this.#options.addresses.offer(newer.catalog, this.#options.url);
      await this.#keep(newer);
      this.#accepted = newer;
      return true;
    });
  }

  close(): void {
    this.#end.abort(new Error('the runtime was closed'));
  }

  /** Together with its calibrations, so that a start without a network has all that a decision needs. */
  async #keep(accepted: Accepted): Promise<void> {
    const { store, records, url } = this.#options;
    const { signal } = this.#end;
    const calibrations = accepted.catalog.domains.flatMap(({ calibration }) => calibration ?? []);
    await Promise.all(calibrations.map((file) => store.bring(file, signal)));
    await keepCatalog(records, url, accepted);
  }

  /** Being offline is no news. */
  async #lookForNewer(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      if (this.#end.signal.aborted || isAway(error)) return;
      const { message, hint } = TerraceError.isInstance(error) ? error : { message: String(error), hint: '' };
      this.#options.onWarning(`The catalog that was kept goes on: ${message} ${hint}`);
    }
  }

  async #readJson(file: FileRef): Promise<unknown> {
    const bytes = await this.#options.store.read(file, this.#end.signal);
    return parseJson(new TextDecoder().decode(bytes), file.path);
  }
}

/** Whether no server answered, or none that could. */
const isAway = (error: unknown): boolean =>
  DownloadError.isInstance(error) && ('tries' in error.facts || 'isOffline' in error.facts);

/** @returns undefined when none was kept that may still be used */
async function acceptKept(options: CatalogOptions): Promise<Accepted | undefined> {
  const kept = await readKeptCatalog(options.records, options.url);
  return kept && accept(options, kept).catch(() => undefined);
}

/** @throws InvalidCatalogError, InvalidSignatureError, UntrustedSignerError */
async function accept(options: CatalogOptions, { text, signature }: CatalogText): Promise<Accepted> {
  const { url, trustedKeys, loadCheck, clock, onWarning } = options;
  const { value: catalog, warnings } = parseCatalog(text, place(url));
  if (trustedKeys.length > 0) {
    const check = await loadCheck();
    const { revision } = catalog;
    await check({ trustedKeys, revision, signature, place: place(besides(url, SIGNATURE)), wallMs: clock.wallMs() });
  }
  for (const warning of warnings) onWarning(`${place(url)}: ${warning}`);
  return { text, signature, catalog };
}

/** @throws DownloadError, the signal's reason */
async function fetchCatalog(
  { url, open, clock, random, trustedKeys }: CatalogOptions,
  signal: AbortSignal,
): Promise<CatalogText> {
  const read = async (address: string): Promise<string | undefined> => {
    const answer = await readSmall(address, { maxBytes: MAX_BYTES, open, clock, random, signal });
    return answer && new TextDecoder().decode(answer.bytes);
  };
  const isSigned = trustedKeys.length > 0;
  const [text, signature] = await Promise.all([read(url), isSigned ? read(besides(url, SIGNATURE)) : undefined]);
  if (text !== undefined) return { text, signature };
  throw new DownloadError({
    message: `${place(url)} is not there.`,
    hint: 'Check the address of the catalog (catalogUrl), and that the folder of models is deployed.',
    facts: { url: place(url), status: 404 },
  });
}
