import type { FileRef, ModelStore, Presence } from '@terrace/core';
import type { Remote } from 'comlink';
import { proxy } from 'comlink';
import type { RemoteStore } from './store-worker.js';

/** A store in a worker as the port has it: `presence` answers what the worker said last, asked anew after every call. */
export async function asModelStore(store: Remote<RemoteStore>, files: readonly FileRef[]): Promise<ModelStore> {
  const said = new Map<FileRef, Presence>();
  const ask = async (): Promise<void> => {
    for (const file of files) said.set(file, await store.presence(file));
  };
  await ask();
  return {
    presence: (file) => said.get(file)!,
    async locate(file, { signal, onProgress } = {}) {
      signal?.throwIfAborted();
      const located = store.locate(file, onProgress && proxy(onProgress));
      return located.finally(ask);
    },
  };
}
