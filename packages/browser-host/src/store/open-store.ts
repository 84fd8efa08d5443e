import { BrowserStore } from './browser-store.js';
import { KeptContents, type Disk } from './kept-contents.js';
import { createLazySupply, type LazySupply } from './lazy-supply.js';
import type { openSupply, SupplyOptions } from './supply.js';

/** The module that brings what a start lacks. */
export interface SupplyModule {
  readonly openSupply: typeof openSupply;
}

export interface StoreOptions extends Omit<SupplyOptions, 'disk'> {
  /** Of the folder and the database; tabs with the same name share what is in them. */
  readonly name: string;
  readonly loadSupply: () => Promise<SupplyModule>;
}

/** Opens the store of this origin, in a worker. Where nothing can be stored it holds files in memory. */
export async function openStore({
  name,
  loadSupply,
  ...options
}: StoreOptions): Promise<{ readonly store: BrowserStore; readonly supply: LazySupply }> {
  const disk = await openDisk({ ...options, name });
  const supply = createLazySupply(async () => (await loadSupply()).openSupply({ ...options, disk }));
  return { store: new BrowserStore({ ...options, disk, supply }), supply };
}

const openDisk = (options: Parameters<typeof KeptContents.open>[0]): Promise<Disk> =>
  KeptContents.open(options).then(
    (kept) => ({ kept }),
    (refusal: unknown) => ({ refusal }),
  );
