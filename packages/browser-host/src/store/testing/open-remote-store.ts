import type { FetchProgress } from '@terrace/core';
import { proxy, wrap, type Remote } from 'comlink';
import { onTestFinished } from 'vitest';
import { useErrorEnvelope } from './error-transfer.js';
import type { RemoteStore, StoreSettings, StoreWorker } from './store-worker.js';

export interface StoreUnderTest {
  readonly store: Remote<RemoteStore>;
  readonly name: string;
  readonly warnings: string[];
  readonly events: FetchProgress[];
  /** Ends the worker at once, whatever it does. */
  kill(): void;
}

interface Started {
  readonly worker: Worker;
  readonly remote: Remote<StoreWorker>;
}

/** Workers that no test uses now: to start one takes longer than most tests. */
const idle: Started[] = [];

function start(): Started {
  useErrorEnvelope();
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module' });
  return { worker, remote: wrap<StoreWorker>(worker) };
}

/** Opens a store in a worker that no other store of the test is in; it is closed and wiped when the test ends. */
export async function openRemoteStore(
  settings: Omit<StoreSettings, 'name'> & { readonly name?: string },
): Promise<StoreUnderTest> {
  const started = idle.pop() ?? start();
  const name = settings.name ?? `terrace-test-${crypto.randomUUID()}`;
  const warnings: string[] = [];
  const events: FetchProgress[] = [];
  let isAlive = true;
  const store = (await started.remote.open(
    { ...settings, name },
    proxy((message: string) => void warnings.push(message)),
    proxy((event: FetchProgress) => void events.push(event)),
  )) as unknown as Remote<RemoteStore>;
  onTestFinished(async () => {
    if (isAlive) {
      await store.close();
      idle.push(started);
    }
    await wipe(name);
  });
  const kill = (): void => {
    started.worker.terminate();
    isAlive = false;
  };
  return { store, name, warnings, events, kill };
}

/** Everything that a store of this name has kept. */
async function wipe(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(name, { recursive: true }).catch(() => undefined);
  indexedDB.deleteDatabase(`${name}-store`);
}
