import {
  textFilesOf,
  type Calibration,
  type Catalog,
  type Clock,
  type FetchProgress,
  type FileRef,
  type Random,
} from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import { exportBundle, type ExportAsk, type Exported } from '../bundles/export-bundle.js';
import { importBundle, type ImportAsk, type Imported } from '../bundles/import-bundle.js';
import type { Network } from '../network.js';
import type { OwnLadder } from '../revisions/own-ladder.js';
import { keepFiles, type LadderKeeping } from '../revisions/revision-files.js';
import type { Addresses } from './addresses.js';
import { CatalogSupply } from './catalog-supply.js';
import { FetchingStore } from './fetching-store.js';
import type { AcceptedCatalog } from './kept-catalog.js';
import type { Disk } from './kept-contents.js';
import { openFile } from './open-file.js';
import { ServerCatalog } from './server-catalog.js';
import { storageFailure } from './storage-failure.js';
import { StoredContents } from './stored-contents.js';

export interface SupplyOptions {
  /** Absolute, of `catalog.json`. */
  readonly catalogUrl: string;
  readonly disk: Disk;
  readonly records: UseStore;
  readonly addresses: Addresses;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  /** With keys, a catalog that none of them has signed is refused. */
  readonly trustedKeys: readonly string[];
  /** Whether requests are under way, which what is brought for later gives way to. */
  readonly isBusy: () => boolean;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly onWarning: (message: string) => void;
}

/** What a start lacks is brought, checked and kept here. */
export interface Supply {
  readonly store: FetchingStore;
  readonly catalogs: CatalogSupply;
  /**
   * Takes a bundle into the store, and puts it in force.
   * @param inForce what reads the catalog in force, and replaces it
   */
  importBundle(ask: ImportAsk, inForce: InForce): Promise<Imported>;
  exportBundle(ask: ExportAsk): Promise<Exported>;
  readonly ladders: LadderSupply;
  /** From then on what text tiers have beside their weights can be fetched: few pages ask for it. */
  offerText(catalog: Catalog): void;
  close(): void;
}

/** What the ladder revisions of this device take of the store. */
export interface LadderSupply {
  /** @throws StorageError, and then nothing of it is left */
  keep(keeping: LadderKeeping): Promise<void>;
  /** @throws InvalidCatalogError, ArtifactMissingError */
  calibration(file: FileRef): Promise<Calibration>;
  /** Those in force. */
  current(): Promise<readonly OwnLadder[]>;
  /**
   * @param ladder undefined for what there is without one of its own
   * @throws DeltaMismatchError, StorageError, and then nothing has changed
   */
  put(domain: string, ladder: OwnLadder | undefined, inForce: InForce): Promise<void>;
}

export interface InForce {
  current(): AcceptedCatalog;
  replace(accepted: AcceptedCatalog): void;
}

export function openSupply({ network, ...options }: SupplyOptions): Supply {
  const store = new FetchingStore({
    ...options,
    open: openFile(network, { cache: 'no-store' }),
    openForLater: openFile(network, { cache: 'no-store', priority: 'low' }),
  });
  const { catalogUrl: url } = options;
  const server = new ServerCatalog({ ...options, url, open: openFile(network, { cache: 'no-cache' }) });
  const catalogs = new CatalogSupply({ ...options, url, store, server });
  const { disk, records } = options;
  const stored = disk.kept && new StoredContents({ ...options, kept: disk.kept });
  return {
    store,
    catalogs,
    offerText(catalog) {
      for (const file of textFilesOf(catalog)) options.addresses.add(file, url);
    },
    ladders: {
      keep: (keeping) => keepFiles({ disk, stored, records }, keeping),
      calibration: (file) => catalogs.keptCalibration(file),
      current: () => catalogs.ladders(),
      async put(domain, ladder, inForce) {
        if (!disk.kept) throw storageFailure('keep what is in force', disk.refusal);
        const { signal } = new AbortController();
        const put = () => catalogs.putLadder(domain, ladder, () => inForce.current());
        inForce.replace(await disk.kept.locks.bring('bundle', signal, put));
      },
    },
    importBundle(ask, inForce) {
      return importBundle(
        {
          ...options,
          stored,
          async admit(admission) {
            const { accepted, uncalibrated } = await catalogs.admit(admission, () => inForce.current());
            inForce.replace(accepted);
            return uncalibrated;
          },
        },
        ask,
      );
    },
    exportBundle: (ask) =>
      exportBundle(
        {
          ...options,
          bring: (file, signal) => store.bring(file, signal),
          fetchText: (path, signal) => server.beside(path, signal),
        },
        ask,
      ),
    close() {
      catalogs.close();
      store.close();
    },
  };
}
