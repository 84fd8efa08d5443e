import type {
  CatalogSource,
  Clock,
  FetchProgress,
  FileRef,
  GoldenSource,
  LocatedFile,
  ModelStore,
  Random,
} from '@terrace/core';
import { openKeyValueStore } from '../records/key-value-store.js';
import { createNetwork, type Network } from '../network.js';
import { Addresses } from './addresses.js';
import { BrowserCatalog } from './browser-catalog.js';
import { readKeptCatalog } from './kept-catalog.js';
import type { LazySupply } from './lazy-supply.js';
import { openStore, type SupplyModule } from './open-store.js';
import type { InForce } from './supply.js';

export interface ModelsOptions {
  /** Absolute, of `catalog.json`; files lie beside it as it names them. Empty where there is no server. */
  readonly catalogUrl: string;
  readonly clock: Clock;
  readonly random?: Random;
  readonly network?: Network;
  /** Raw ed25519 keys in base64, one of which must have signed the catalog; without any nobody has to. */
  readonly trustedKeys?: readonly string[] | undefined;
  /** Asked when something is not here yet, or was changed. */
  readonly loadSupply: () => Promise<SupplyModule>;
  /** Of what is stored; tabs with the same name share it. */
  readonly name?: string;
  /** Whether requests are under way, which what is brought for later gives way to. */
  readonly isBusy?: () => boolean;
  /** Told of every download: `totalBytes` covers all files that are on their way together. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly onWarning?: (message: string) => void;
}

/** A catalog with the files it names. */
export interface BrowserModels extends CatalogSource, ModelStore, GoldenSource {
  /** Looks for a newer catalog, and brings it whole. @returns whether there was one, which is then in force */
  refresh(): Promise<boolean>;
  /** Where a file is by the index, which may be wrong: whoever reads it sees that. Rejects for what is not there. */
  locateAtOnce(file: FileRef): Promise<LocatedFile>;
  /** For who could not read what was located: brings it anew when it is damaged or gone. */
  renew(located: LocatedFile, signal?: AbortSignal): Promise<LocatedFile>;
  /** What takes bundles in, makes them, and keeps ladders. */
  readonly supply: Pick<LazySupply, 'open'>;
  readonly inForce: InForce;
  close(): void;
}

/**
 * Opens the catalog at an address and the store of its files, in a worker.
 * @throws DownloadError, InvalidCatalogError, InvalidSignatureError, UntrustedSignerError when there is no catalog to
 *   begin with
 */
export async function openModels({
  catalogUrl,
  clock,
  random = Math.random,
  network = createNetwork(),
  trustedKeys = [],
  loadSupply,
  name = 'terrace',
  isBusy = () => false,
  onProgress,
  onWarning = () => undefined,
}: ModelsOptions): Promise<BrowserModels> {
  const records = openKeyValueStore({ name: `${name}-store`, clock });
  const addresses = new Addresses();
  const shared = { records, addresses, network, clock, trustedKeys, onWarning };
  const key = { url: catalogUrl, trustedKeys };
  const [kept, { store, supply }] = await Promise.all([
    readKeptCatalog(records, key),
    openStore({ ...shared, name, catalogUrl, random, loadSupply, isBusy, onProgress }),
  ]);
  const catalog = await BrowserCatalog.open({ ...shared, ...key, supply }, kept);
  return {
    current: () => catalog.current(),
    calibration: (domain, of) => catalog.calibration(domain, of),
    golden: (file) => catalog.golden(file),
    refresh: () => catalog.refresh(),
    presence: (file) => store.presence(file),
    locate: (file, options) => store.locate(file, options),
    locateAtOnce: (file) => store.locateAtOnce(file),
    renew: (located, signal) => store.renew(located, signal),
    supply,
    inForce: catalog.inForce,
    close() {
      catalog.close();
      store.close();
    },
  };
}
