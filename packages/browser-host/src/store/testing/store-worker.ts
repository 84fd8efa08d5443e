import type { Catalog, Clock, FetchProgress, FileRef, LocatedFile, Presence } from '@terrace/core';
import { expose, proxy } from 'comlink';
import { useErrorEnvelope } from './error-transfer.js';
import { createNetwork } from '../../network.js';
import { openKeyValueStore } from '../../records/key-value-store.js';
import { systemClock } from '../../system-clock.js';
import { Addresses } from '../addresses.js';
import { openStore } from '../open-store.js';
import { readVerified } from '../read-verified.js';

/** As long as a connection may bring nothing; every shorter sleep is a pause between tries. */
const STALL_MS = 30_000;

/** A store in a worker, as a test in a page sees it: files of the origin can be written only there. */
export interface RemoteStore {
  presence(file: FileRef): Promise<Presence>;
  locate(file: FileRef, onProgress?: (progress: FetchProgress) => void): Promise<LocatedFile>;
  /** Asks for all of them at once. */
  locateAll(files: readonly FileRef[]): Promise<LocatedFile[]>;
  /** Brings them for later. */
  keepAll(files: readonly FileRef[]): Promise<void>;
  /** Leaves when so many bytes have come. */
  locateUntil(file: FileRef, bytes: number): Promise<LocatedFile>;
  read(located: LocatedFile): Promise<Uint8Array<ArrayBuffer>>;
  renew(located: LocatedFile): Promise<LocatedFile>;
  usedBytes(): Promise<number>;
  collect(): Promise<number>;
  close(): Promise<void>;
}

export interface StoreSettings {
  readonly name: string;
  readonly catalog: Catalog;
  readonly catalogUrl: string;
  /** The clock on the wall is so far ahead. */
  readonly aheadMs?: number;
  /** A connection may bring nothing for so long. */
  readonly stallMs?: number;
  /** The browser does not tell how much room there is. */
  readonly hidesEstimate?: boolean;
  /** It refuses the site its private files. */
  readonly forbidsFiles?: boolean;
}

export interface StoreWorker {
  open(
    settings: StoreSettings,
    onWarning: (message: string) => void,
    onProgress: (progress: FetchProgress) => void,
  ): Promise<RemoteStore>;
}

async function open(
  {
    name,
    catalog,
    catalogUrl,
    aheadMs = 0,
    stallMs = STALL_MS,
    hidesEstimate = false,
    forbidsFiles = false,
  }: StoreSettings,
  onWarning: (message: string) => void,
  onProgress: (progress: FetchProgress) => void,
): Promise<RemoteStore> {
  const clock: Clock = {
    ...systemClock,
    wallMs: () => systemClock.wallMs() + aheadMs,
    // Pauses between tries are short.
    sleep: (delayMs, signal) => systemClock.sleep(delayMs >= STALL_MS ? stallMs : Math.min(delayMs, 20), signal),
  };
  const refuse = (): Promise<never> => Promise.reject(new DOMException('not for this site', 'SecurityError'));
  // Properties of the object itself hide those of its class.
  const forbidden = { ...(hidesEstimate && { estimate: refuse }), ...(forbidsFiles && { getDirectory: refuse }) };
  for (const each of ['estimate', 'getDirectory']) Reflect.deleteProperty(navigator.storage, each);
  Object.assign(navigator.storage, forbidden);
  const addresses = new Addresses();
  addresses.offer(catalog, catalogUrl);
  const { store, supply } = await openStore({
    name,
    records: openKeyValueStore({ name: `${name}-store`, clock }),
    addresses,
    catalogUrl,
    trustedKeys: [],
    loadSupply: () => import('../supply.js'),
    network: createNetwork(),
    isBusy: () => false,
    clock,
    random: Math.random,
    onProgress,
    onWarning,
  });
  const remote: RemoteStore = {
    presence: async (file) => store.presence(file),
    locate: (file, listener) => store.locate(file, listener && { onProgress: listener }),
    locateAll: (files) => Promise.all(files.map((file) => store.locate(file))),
    async keepAll(files) {
      const { signal } = new AbortController();
      await (await supply.open()).store.keepAll(files, { signal, beforeEach: async () => undefined });
    },
    locateUntil(file, bytes) {
      const control = new AbortController();
      return store.locate(file, {
        signal: control.signal,
        onProgress: ({ doneBytes }) => doneBytes >= bytes && control.abort(new Error('enough')),
      });
    },
    read: readVerified,
    renew: (located) => store.renew(located),
    usedBytes: async () => (await supply.open()).store.usedBytes(),
    collect: async () => (await supply.open()).store.collect(),
    close: async () => store.close(),
  };
  return proxy(remote);
}

useErrorEnvelope();
expose({ open } satisfies StoreWorker, self as unknown as Parameters<typeof expose>[1]);
