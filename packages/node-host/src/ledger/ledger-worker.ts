import { parentPort } from 'node:worker_threads';
import type { Ledger, LedgerEntry } from '@terrace/core';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { openSqliteLedger } from './sqlite-ledger.js';

/** What the host may ask of the thread that writes. */
export interface LedgerWorker {
  open(file: string): Promise<void>;
  /** @param entries as JSON */
  append(entries: string): Promise<void>;
  close(): Promise<void>;
}

if (!parentPort) throw new Error('this file is started as a worker thread');

let ledger: Ledger | undefined;

const worker: LedgerWorker = {
  async open(file) {
    ledger = await openSqliteLedger({ file });
  },
  async append(entries) {
    if (!ledger) throw new Error('the ledger is not open');
    await ledger.append(JSON.parse(entries) as LedgerEntry[]);
  },
  close: async () => ledger?.close(),
};

useErrorEnvelope();
expose(worker, nodeEndpoint(parentPort));
