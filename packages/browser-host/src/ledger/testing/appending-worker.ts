import { outcomeEntry } from '@terrace/core/testing';
import { systemClock } from '../../system-clock.js';
import { IndexedDbLedger } from '../indexed-db-ledger.js';

const loadReader = () => import('../ledger-reader.js');

/** Appends two outcomes at a time until it is ended, and tells the number of each pair that is durable. */
self.addEventListener('message', async ({ data: { name, from } }: MessageEvent<{ name: string; from: number }>) => {
  const ledger = new IndexedDbLedger({ name, clock: systemClock, onWarning: () => undefined, loadReader });
  for (let i = from; ; i++) {
    await ledger.append([outcomeEntry({ requestId: `${i} first` }), outcomeEntry({ requestId: `${i} second` })]);
    self.postMessage(i);
  }
});
