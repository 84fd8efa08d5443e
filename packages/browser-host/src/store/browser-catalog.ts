import {
  DownloadError,
  requireDomain,
  runtimeClosed,
  SharedWork,
  TerraceError,
  type Calibration,
  type Catalog,
  type CatalogSource,
  type Clock,
  type FileRef,
  type Golden,
  type GoldenSource,
} from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import { AssetsMissingError } from '../assets/assets-missing-error.js';
import { inTime } from '../indexed-db/in-time.js';
import type { Network } from '../network.js';
import type { Addresses } from './addresses.js';
import type { Look } from './catalog-supply.js';
import { isText } from './is-text.js';
import { readKeptCalibration, type AcceptedCatalog, type CatalogKey } from './kept-catalog.js';
import type { LazySupply } from './lazy-supply.js';
import type { InForce } from './supply.js';

export interface CatalogOptions extends CatalogKey {
  readonly records: UseStore;
  readonly addresses: Addresses;
  readonly supply: LazySupply;
  readonly network: Network;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly onWarning: (message: string) => void;
}

/** A server that takes longer to send a catalog is asked anew, with more patience. */
const LOOK_LIMIT_MS = 30_000;

/**
 * The catalog at an address. A start takes the one that was kept and looks for a newer one in the background; the first
 * start waits for the network. A newer one is in force once it is whole: when its calibrations are here, and of every
 * model and delta that was here the new one.
 */
export class BrowserCatalog implements CatalogSource, GoldenSource {
  readonly #options: CatalogOptions;
  readonly #end = new AbortController();
  readonly #refreshes = new SharedWork<boolean>();
  /** By sha256. A failure is told and forgotten. */
  readonly #calibrations = new Map<string, Promise<Calibration>>();
  #accepted: AcceptedCatalog;
  /** For whoever puts another one in force. */
  readonly inForce: InForce = {
    current: () => this.#accepted,
    replace: (accepted) => void (this.#accepted = accepted),
  };

  private constructor(options: CatalogOptions, accepted: AcceptedCatalog) {
    this.#options = options;
    this.#accepted = accepted;
    for (const warning of accepted.warnings) options.onWarning(warning);
  }

  /**
   * @param kept the one that was kept
   * @throws DownloadError, InvalidCatalogError, InvalidSignatureError, UntrustedSignerError when no catalog was kept and
   *   none can be had
   */
  static async open(options: CatalogOptions, kept: AcceptedCatalog | undefined): Promise<BrowserCatalog> {
    const { addresses, supply, url } = options;
    const { accepted, isKept } = kept ? { accepted: kept, isKept: true } : await (await supply.open()).catalogs.first();
    addresses.offer(accepted.catalog, url, accepted.imports?.files);
    const opened = new BrowserCatalog(options, accepted);
    if (isKept) void opened.#lookForNewer();
    options.network.onBack(() => void opened.#lookForNewer());
    return opened;
  }

  current(): Catalog {
    return this.#accepted.catalog;
  }

  async calibration(domain: string, of: Catalog = this.current()): Promise<Calibration | undefined> {
    const { calibration } = requireDomain(of, domain);
    if (!calibration) return undefined;
    const known = this.#calibrations.get(calibration.sha256);
    if (known) return known;
    const read = this.#readCalibration(calibration);
    this.#calibrations.set(calibration.sha256, read);
    read.catch(() => this.#calibrations.delete(calibration.sha256));
    return read;
  }

  async golden(file: FileRef): Promise<Golden> {
    return (await this.#options.supply.open()).catalogs.golden(file);
  }

  /**
   * Looks for a newer catalog, and brings what must be here before it can be in force.
   * @returns whether there was one, which is then in force
   * @throws DownloadError, InvalidCatalogError, InvalidSignatureError, UntrustedSignerError, and what its files cannot
   *   be fetched or kept for: then the one before goes on
   */
  refresh(look: Look = 'asked'): Promise<boolean> {
    return this.#refreshes.join(look, undefined, async () => {
      const { catalogs } = await this.#options.supply.open();
      const newer = await catalogs.newer(this.#accepted, look);
      if (!newer) return false;
      this.#accepted = newer;
      for (const warning of newer.warnings) this.#options.onWarning(warning);
      return true;
    });
  }

  close(): void {
    this.#end.abort(runtimeClosed());
  }

  async #readCalibration(file: FileRef): Promise<Calibration> {
    const { records, supply } = this.#options;
    return (
      (await readKeptCalibration(records, file.sha256)) ?? (await (await supply.open()).catalogs.calibration(file))
    );
  }

  /** Whether the server has the very text: most visits load nothing for that. All else is for the supply to judge. */
  async #isUnchanged(): Promise<boolean> {
    const { url, network, clock } = this.#options;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#end.signal, over.signal]);
    const look = async (): Promise<boolean> =>
      isText(await network.fetch(url, { cache: 'no-cache', signal }), this.#accepted.text);
    try {
      return (await inTime(clock, LOOK_LIMIT_MS, look())) === true;
    } catch {
      return false;
    } finally {
      over.abort();
    }
  }

  /** Being offline is no news. */
  async #lookForNewer(): Promise<void> {
    try {
      if (this.#options.url !== '' && !(await this.#isUnchanged())) await this.refresh('background');
    } catch (error) {
      // Nor is a server that never had one.
      if (this.#end.signal.aborted || isAway(error) || this.#accepted.text === '') return;
      const { message, hint } = TerraceError.isInstance(error) ? error : { message: String(error), hint: '' };
      this.#options.onWarning(`The catalog that was kept goes on: ${message} ${hint}`);
    }
  }
}

/** Whether no server answered, or none that could. */
const isAway = (error: unknown): boolean =>
  AssetsMissingError.isInstance(error) ||
  (DownloadError.isInstance(error) && ('tries' in error.facts || 'isOffline' in error.facts));
