import type { Clock, FetchProgress, Random } from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import type { Network } from '../network.js';
import type { Addresses } from './addresses.js';
import { CatalogSupply } from './catalog-supply.js';
import { FetchingStore } from './fetching-store.js';
import type { Disk } from './kept-contents.js';
import { openFile } from './open-file.js';

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
  close(): void;
}

export function openSupply({ network, ...options }: SupplyOptions): Supply {
  const store = new FetchingStore({
    ...options,
    open: openFile(network, { cache: 'no-store' }),
    openForLater: openFile(network, { cache: 'no-store', priority: 'low' }),
  });
  const catalogs = new CatalogSupply({
    ...options,
    url: options.catalogUrl,
    store,
    open: openFile(network, { cache: 'no-cache' }),
  });
  return {
    store,
    catalogs,
    close() {
      catalogs.close();
      store.close();
    },
  };
}
