import {
  calibrationSchema,
  DownloadError,
  goldenSchema,
  parseFile,
  place,
  readSmall,
  runtimeClosed,
  type Calibration,
  type Catalog,
  type Clock,
  type FileRef,
  type Golden,
  type OpenFile,
  type Random,
} from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import type { Addresses } from './addresses.js';
import { checkSignature } from './check-signature.js';
import type { FetchingStore } from './fetching-store.js';
import { besides } from './file-address.js';
import { heirsOf } from './heirs.js';
import { keepCalibration, keepCatalog, readKeptText, type AcceptedCatalog, type CatalogText } from './kept-catalog.js';
import { parseCatalog, parseJson } from './parse-catalog.js';
import { savesData } from './saves-data.js';

/** Beside `catalog.json`, as `terrace keys sign` writes it. */
const SIGNATURE = 'catalog.sig.json';
/** A catalog or signature larger than this is none. */
const MAX_BYTES = 16 << 20;
/** What is brought for later waits so often for requests to end, and then no longer. */
const MOST_PAUSES = 30;
const PAUSE_MS = 1000;

export interface CatalogSupplyOptions {
  /** Absolute, of `catalog.json`. */
  readonly url: string;
  readonly records: UseStore;
  readonly store: FetchingStore;
  readonly addresses: Addresses;
  readonly open: OpenFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly trustedKeys: readonly string[];
  /** Whether requests are under way. */
  readonly isBusy: () => boolean;
}

/** Who looks for a newer catalog: somebody who waits for it, or a start, which spares a line that is paid for. */
export type Look = 'asked' | 'background';

/** What a start begins with. */
interface FirstCatalog {
  readonly accepted: AcceptedCatalog;
  /** Whether it was here: then there may be a newer one. */
  readonly isKept: boolean;
}

/** Fetches the catalog and what belongs to it, checks it, and keeps it for the next start. */
export class CatalogSupply {
  readonly #options: CatalogSupplyOptions;
  readonly #end = new AbortController();
  /** The first catalog is kept in the background; a newer one is not to be overtaken by it. */
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: CatalogSupplyOptions) {
    this.#options = options;
  }

  /**
   * The catalog to begin with, where none is kept that counts as it is: that of another release, or a fetched one.
   * @throws DownloadError, InvalidCatalogError, InvalidSignatureError, UntrustedSignerError
   */
  async first(): Promise<FirstCatalog> {
    const { records, url, addresses } = this.#options;
    const kept = await readKeptText(records, url);
    const again = kept && (await this.#accept(kept).catch(() => undefined));
    const accepted = again ?? (await this.#accept(await this.#fetch()));
    addresses.offer(accepted.catalog, url);
    this.#keeping = this.#keep(accepted).catch(() => undefined);
    return { accepted, isKept: again !== undefined };
  }

  /**
   * Looks for a newer catalog, and brings its calibrations and whatever takes the place of files that are here: it is
   * whole when it is told of. Until then nothing of the one before is lost, and what has come is kept for the next look.
   * @returns undefined when there is none, or none that may be brought now
   * @throws what `first` throws, and what its files cannot be fetched or kept for
   */
  async newer({ text, catalog }: AcceptedCatalog, look: Look): Promise<AcceptedCatalog | undefined> {
    const fetched = await this.#fetch();
    if (fetched.text === text) return undefined;
    const newer = await this.#accept(fetched);
    if (newer.catalog.revision === catalog.revision) return undefined;
    this.#options.addresses.offer(newer.catalog, this.#options.url);
    await this.#keeping;
    await this.#bringCalibrations(newer);
    if (!(await this.#bringHeirs(catalog, newer.catalog, look))) return undefined;
    await keepCatalog(this.#options.records, this.#options, newer);
    return newer;
  }

  /** @throws InvalidCatalogError, and what `locate` throws */
  async calibration(file: FileRef): Promise<Calibration> {
    const { value } = parseFile(calibrationSchema, await this.#readJson(file), 'calibration');
    await keepCalibration(this.#options.records, file.sha256, value);
    return value;
  }

  /** @throws InvalidCatalogError, and what `locate` throws */
  async golden(file: FileRef): Promise<Golden> {
    return parseFile(goldenSchema, await this.#readJson(file), 'golden.json').value;
  }

  close(): void {
    this.#end.abort(runtimeClosed());
  }

  /** Together with its calibrations, so that a start without a network has all that a decision needs. */
  async #keep(accepted: AcceptedCatalog): Promise<void> {
    await this.#bringCalibrations(accepted);
    await keepCatalog(this.#options.records, this.#options, accepted);
  }

  async #bringCalibrations({ catalog }: AcceptedCatalog): Promise<void> {
    const calibrations = catalog.domains.flatMap(({ calibration }) => calibration ?? []);
    await Promise.all(calibrations.map((file) => this.calibration(file)));
  }

  /** Again as long as requests bring more of the catalog in force. @returns whether all are here */
  async #bringHeirs(current: Catalog, newer: Catalog, look: Look): Promise<boolean> {
    const { store } = this.#options;
    const isHere = (file: FileRef): boolean => store.isKept(file);
    const heirs = (): FileRef[] => heirsOf({ current, newer, isHere });
    const isWhole = (): boolean => heirs().every(isHere);
    if (look === 'background' && savesData()) return isWhole();
    const beforeEach = look === 'asked' ? async () => undefined : () => this.#untilQuiet();
    do await store.keepAll(heirs(), { signal: this.#end.signal, beforeEach });
    while (!isWhole());
    return true;
  }

  async #untilQuiet(): Promise<void> {
    const { isBusy, clock } = this.#options;
    for (let pauses = 0; isBusy() && pauses < MOST_PAUSES; pauses++) await clock.sleep(PAUSE_MS, this.#end.signal);
  }

  async #readJson(file: FileRef): Promise<unknown> {
    const bytes = await this.#options.store.read(file, this.#end.signal);
    return parseJson(new TextDecoder().decode(bytes), file.path);
  }

  /** @throws InvalidCatalogError, InvalidSignatureError, UntrustedSignerError */
  async #accept({ text, signature }: CatalogText): Promise<AcceptedCatalog> {
    const { url, trustedKeys, clock } = this.#options;
    const { value: catalog, warnings } = parseCatalog(text, place(url));
    if (trustedKeys.length > 0) {
      const { revision } = catalog;
      const its = { revision, signature, place: place(besides(url, SIGNATURE)) };
      await checkSignature({ ...its, trustedKeys, wallMs: clock.wallMs() });
    }
    return { text, signature, catalog, warnings: warnings.map((warning) => `${place(url)}: ${warning}`) };
  }

  /** @throws DownloadError, the signal's reason */
  async #fetch(): Promise<CatalogText> {
    const { url, trustedKeys } = this.#options;
    const isSigned = trustedKeys.length > 0;
    const [text, signature] = await Promise.all([
      this.#read(url),
      isSigned ? this.#read(besides(url, SIGNATURE)) : undefined,
    ]);
    if (text !== undefined) return { text, signature };
    throw new DownloadError({
      message: `${place(url)} is not there.`,
      hint: 'Check the address of the catalog (catalogUrl), and that the folder of models is deployed.',
      facts: { url: place(url), status: 404 },
    });
  }

  async #read(address: string): Promise<string | undefined> {
    const { open, clock, random } = this.#options;
    const answer = await readSmall(address, { maxBytes: MAX_BYTES, open, clock, random, signal: this.#end.signal });
    return answer && new TextDecoder().decode(answer.bytes);
  }
}
