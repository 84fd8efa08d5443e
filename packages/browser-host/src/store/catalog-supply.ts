import {
  calibrationSchema,
  DeltaMismatchError,
  DownloadError,
  goldenSchema,
  parseFile,
  runtimeClosed,
  type Calibration,
  type Catalog,
  type Clock,
  type FileRef,
  type Golden,
} from '@terrace/core';
import { setMany, type UseStore } from 'idb-keyval';
import { acceptImports, type AcceptedImports } from '../bundles/accept-imports.js';
import type { Admission } from '../bundles/import-bundle.js';
import {
  importsEntries,
  importsOf,
  NO_IMPORTS,
  readImports,
  withImport,
  withLadderIn,
  type Imports,
} from '../bundles/imports.js';
import { isCovered } from '../bundles/with-imports.js';
import type { OwnLadder } from '../revisions/own-ladder.js';
import type { Addresses } from './addresses.js';
import type { FetchingStore } from './fetching-store.js';
import { heirsOf } from './heirs.js';
import {
  catalogEntry,
  keepCalibration,
  keepCatalog,
  readKeptCalibration,
  readKeptText,
  type AcceptedCatalog,
  type CatalogText,
} from './kept-catalog.js';
import { parseJson } from './parse-catalog.js';
import { savesData } from './saves-data.js';
import { NO_CATALOG, type ServerCatalog } from './server-catalog.js';
import { storageFailure } from './storage-failure.js';

/** What is brought for later waits so often for requests to end, and then no longer. */
const MOST_PAUSES = 30;
const PAUSE_MS = 1000;

export interface CatalogSupplyOptions {
  /** Absolute, of `catalog.json`; empty where there is no server: the catalog is then what was imported. */
  readonly url: string;
  readonly records: UseStore;
  readonly store: FetchingStore;
  readonly addresses: Addresses;
  readonly server: ServerCatalog;
  readonly clock: Clock;
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

/** A catalog as it would be, with what lies over the server's. */
interface Over extends Pick<AcceptedImports, 'bundles' | 'uncalibrated' | 'holding'> {
  readonly imports: Imports;
  readonly accepted: AcceptedCatalog;
}

/** Fetches the catalog and what belongs to it, checks it, and keeps it for the next start. */
export class CatalogSupply {
  readonly #options: CatalogSupplyOptions;
  readonly #server: ServerCatalog;
  readonly #end = new AbortController();
  /** The first catalog is kept in the background; a newer one is not to be overtaken by it. */
  #keeping: Promise<void> = Promise.resolve();
  /** A newer catalog and a bundle are put in force one after the other: neither forgets what the other brings. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CatalogSupplyOptions) {
    this.#options = options;
    this.#server = options.server;
  }

  /**
   * The catalog to begin with, where none is kept that counts as it is: that of another release, a fetched one, or, where
   * none can be fetched, what was imported.
   * @throws DownloadError, InvalidCatalogError, InvalidSignatureError, UntrustedSignerError
   */
  async first(): Promise<FirstCatalog> {
    const { records, url, addresses } = this.#options;
    const kept = await readKeptText(records, url);
    const again = kept && (await this.#accept(kept).catch(() => undefined));
    const accepted = again ?? (await this.#accept(await this.#fetchOrNone()));
    addresses.offer(accepted.catalog, url, accepted.imports?.files);
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
    const { url, addresses, records } = this.#options;
    if (url === '') return undefined;
    const fetched = await this.#server.fetch(this.#end.signal);
    if (fetched.text === text) return undefined;
    const newer = await this.#accept(fetched);
    if (newer.catalog.revision === catalog.revision) return undefined;
    addresses.offer(newer.catalog, url, newer.imports?.files);
    await this.#keeping;
    await this.#bringCalibrations(newer);
    if (!(await this.#bringHeirs(catalog, newer.catalog, look))) return undefined;
    return this.#inTurn(async () => {
      // What was imported meanwhile belongs to it, too.
      const accepted = await this.#accept(fetched);
      await keepCatalog(records, this.#options, accepted);
      return accepted;
    });
  }

  /**
   * Puts a bundle whose files are in the store in force, in one write with what makes them count as here.
   * @param current the catalog in force
   * @throws StorageError, and then nothing has changed
   */
  admit(
    { imported, entries }: Admission,
    current: () => AcceptedCatalog,
  ): Promise<{ readonly accepted: AcceptedCatalog; readonly uncalibrated: readonly string[] }> {
    return this.#inTurn(async () => {
      const before = await this.#imports();
      const own = await this.#server.accept(current());
      const imports = isCovered(imported.catalog, own.catalog) ? before : withImport(before, imported);
      const { bundles } = await this.#over(own, imports);
      // Those that nothing is left of are forgotten.
      const over = await this.#over(own, importsOf({ ...imports, bundles }));
      await this.#put(over, entries);
      return over;
    });
  }

  /**
   * Puts a ladder whose files are in the store in force for its domain, in one write: a worker that is killed meanwhile
   * leaves the one before, or this one.
   * @param ladder undefined for what there is without one of its own
   * @param current the catalog in force
   * @throws DeltaMismatchError, StorageError, and then nothing has changed
   */
  putLadder(domain: string, ladder: OwnLadder | undefined, current: () => AcceptedCatalog): Promise<AcceptedCatalog> {
    return this.#inTurn(async () => {
      const imports = withLadderIn(await this.#imports(), domain, ladder);
      const over = await this.#over(await this.#server.accept(current()), imports);
      if (ladder && !over.holding.includes(ladder)) throw otherModels(domain);
      await this.#put(over, []);
      return over.accepted;
    });
  }

  /** Ladders of this device that are in force. */
  async ladders(): Promise<readonly OwnLadder[]> {
    return (await this.#imports()).ladders;
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
    const { imported } = this.#options.addresses;
    const bring = (file: FileRef): Promise<Calibration> =>
      imported.has(file.sha256) ? this.keptCalibration(file) : this.calibration(file);
    await Promise.all(calibrations.map(bring));
  }

  /** Read anew only where it is not kept. @throws what `calibration` throws */
  async keptCalibration(file: FileRef): Promise<Calibration> {
    return (await readKeptCalibration(this.#options.records, file.sha256)) ?? this.calibration(file);
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
  async #accept(text: CatalogText): Promise<AcceptedCatalog> {
    return (await this.#over(await this.#server.accept(text), await this.#imports())).accepted;
  }

  /** Where records cannot be read nothing was imported. */
  #imports(): Promise<Imports> {
    return readImports(this.#options.records).catch(() => NO_IMPORTS);
  }

  /** The server's own with what was imported and made here over it. */
  async #over(own: AcceptedCatalog, imports: Imports): Promise<Over> {
    const { trustedKeys, clock } = this.#options;
    const calibrationOf = (file: FileRef): Promise<Calibration | undefined> =>
      this.keptCalibration(file).catch(() => undefined);
    const given = { trustedKeys, wallMs: clock.wallMs(), calibrationOf };
    const { bundles, uncalibrated, holding, ...over } = await acceptImports(own.catalog, imports, given);
    const accepted = { ...own, ...over, warnings: [...own.warnings, ...over.warnings] };
    return { imports, bundles, uncalibrated, holding, accepted };
  }

  /** @throws StorageError, and then nothing has changed */
  async #put({ imports, accepted }: Over, entries: readonly [string, unknown][]): Promise<void> {
    const { records, url, addresses } = this.#options;
    const all: [string, unknown][] = [...entries, ...importsEntries(imports), catalogEntry(this.#options, accepted)];
    await setMany(all, records).catch((cause: unknown) => {
      throw storageFailure('be written', cause);
    });
    addresses.offer(accepted.catalog, url, accepted.imports?.files);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** A device that has bundles begins without a server. @throws DownloadError, the signal's reason */
  async #fetchOrNone(): Promise<CatalogText> {
    if (this.#options.url === '') return NO_CATALOG;
    return this.#server.fetch(this.#end.signal).catch(async (error: unknown) => {
      if (DownloadError.isInstance(error) && (await this.#imports()).bundles.length > 0) return NO_CATALOG;
      throw error;
    });
  }
}

const otherModels = (domain: string): DeltaMismatchError =>
  new DeltaMismatchError({
    message: `The revision of "${domain}" belongs to other versions of the models.`,
    hint: 'Fit the domain anew.',
    facts: { domain },
  });
