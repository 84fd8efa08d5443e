import { outcomeEntry } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { IndexedDbLedger } from './indexed-db-ledger.js';

const loadReader = () => import('./ledger-reader.js');

/** Ends a worker in the middle of its appends. @returns the numbers of those it had told to be durable */
async function appendUntilKilled(name: string, from: number, lifeMs: number): Promise<number[]> {
  const worker = new Worker(new URL('./testing/appending-worker.ts', import.meta.url), { type: 'module' });
  const durable: number[] = [];
  const first = new Promise<void>((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.addEventListener('message', ({ data }: MessageEvent<number>) => {
      durable.push(data);
      resolve();
    });
  });
  worker.postMessage({ name, from });
  await first;
  await systemClock.sleep(lifeMs);
  worker.terminate();
  return durable;
}

it('loses nothing of what was durable when its worker is killed, and has of each append all or nothing', async () => {
  const name = `terrace-test-${crypto.randomUUID()}`;
  const durable: number[] = [];
  for (const lifeMs of [0, 7, 23, 60]) {
    durable.push(...(await appendUntilKilled(name, durable.length + 1000 * lifeMs, lifeMs)));
  }
  const ledger = new IndexedDbLedger({ name, clock: systemClock, onWarning: () => undefined, loadReader });
  const ids = (await ledger.outcomes({ limit: Infinity })).map(({ requestId }) => requestId);
  expect(durable.length).toBeGreaterThan(3);
  for (const i of durable) expect(ids).toEqual(expect.arrayContaining([`${i} first`, `${i} second`]));
  const count = (what: string): number => ids.filter((id) => id.endsWith(what)).length;
  expect(count('first')).toBe(count('second'));
  expect(new Set(ids).size).toBe(ids.length);
  await ledger.append([outcomeEntry({ requestId: 'after' })]);
  expect(await ledger.outcomes({ limit: 1 })).toMatchObject([{ requestId: 'after' }]);
  await ledger.close();
});
