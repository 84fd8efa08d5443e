import { Worker } from 'node:worker_threads';
import type { LedgerEntry } from '@terrace/core';
import { releaseProxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { watchWorker } from '../engine/worker-life.js';
import type { LedgerWorker } from './ledger-worker.js';

/** A thread that appends to a ledger file. */
export interface WritingThread {
  append(entries: readonly LedgerEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** @throws StorageError when the file cannot be opened, EngineError when the thread ends */
export async function startWritingThread(
  file: string,
  workerUrl = new URL('./ledger-worker.js', import.meta.url),
): Promise<WritingThread> {
  useErrorEnvelope();
  const worker = new Worker(workerUrl, { name: 'terrace-ledger', execArgv: [] });
  const life = watchWorker(worker, () => 'the ledger');
  const remote = wrap<LedgerWorker>(nodeEndpoint(worker));
  const end = async (): Promise<void> => {
    remote[releaseProxy]();
    await worker.terminate();
  };
  try {
    await life.guard(() => remote.open(file));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    // As text: copying many small objects to a thread takes several times as long. What is undefined is read as absent.
    append: (entries) => life.guard(() => remote.append(JSON.stringify(entries))),
    close: () => life.guard(() => remote.close()).finally(end),
  };
}
