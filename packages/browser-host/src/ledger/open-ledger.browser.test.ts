import type { StorageError } from '@terrace/core';
import { describeLedgerContract, outcomeEntry, runEntry } from '@terrace/core/testing';
import { openDB } from 'idb';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createBrowserLedger } from './open-ledger.js';

const open = (name = `terrace-test-${crypto.randomUUID()}`) => {
  const warnings: StorageError[] = [];
  const ledger = createBrowserLedger({
    name,
    clock: systemClock,
    onWarning: (warning) => warnings.push(warning),
    load: async () => ({ ...(await import('./memory-ledger.js')), ...(await import('./ledger-reader.js')) }),
  });
  onTestFinished(() => ledger.close());
  return { ledger, warnings };
};

describeLedgerContract('the ledger of a page', async () => {
  const name = `terrace-test-${crypto.randomUUID()}`;
  return { ledger: open(name).ledger, reopen: async () => open(name).ledger };
});

/** What browsers do in private windows, sandboxed frames and where the user has blocked the site's data. */
const refusals: Readonly<Record<string, () => IDBOpenDBRequest>> = {
  'throws a SecurityError': () => {
    throw new DOMException('access to the Indexed Database API is denied in this context.', 'SecurityError');
  },
  'says that the user denied it': () =>
    failing(new DOMException('The user denied permission to access the database.', 'UnknownError')),
  'allows no changes': () => failing(new DOMException('A mutation operation was attempted', 'InvalidStateError')),
};

/** A request that fails with this error. */
function failing(error: DOMException): IDBOpenDBRequest {
  const request = realOpen(TOO_NEW, 1);
  return Object.defineProperty(request, 'error', { get: () => error });
}

const realOpen = indexedDB.open.bind(indexedDB);
const TOO_NEW = 'terrace-test-too-new';
beforeAll(async () => (await openDB(TOO_NEW, 2)).close());

describe('the ledger of a page', () => {
  it.each(Object.entries(refusals))(
    'lasts as long as the page where the browser %s, and warns once',
    async (_, refuse) => {
      const opening = vi.spyOn(indexedDB, 'open').mockImplementation(refuse);
      onTestFinished(() => opening.mockRestore());
      const { ledger, warnings } = open();
      await Promise.all([
        ledger.append([outcomeEntry()]),
        ledger.append([runEntry({ latencyMs: 3 })]),
        ledger.statistics(),
      ]);
      expect(await ledger.outcomes()).toStrictEqual([outcomeEntry().record]);
      expect(await ledger.statistics()).toMatchObject([{ runs: 1, p50Ms: 3 }]);
      for await (const page of ledger.review()) expect(page).toHaveLength(1);
      expect(warnings).toMatchObject([{ code: 'STORAGE_FAILED' }]);
    },
  );

  it('lasts as long as the page where there is no IndexedDB', async () => {
    vi.stubGlobal('indexedDB', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { ledger, warnings } = open();
    for await (const page of ledger.review()) expect(page).toEqual([]);
    await ledger.append([outcomeEntry()]);
    expect(await ledger.outcomes()).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });

  it('says what is wrong while a database cannot be opened, and keeps everything once it can', async () => {
    const opening = vi
      .spyOn(indexedDB, 'open')

      .mockImplementation(() => failing(new DOMException('Internal error opening backing store', 'UnknownError')));
    const { ledger, warnings } = open();
    await expect(ledger.append([outcomeEntry()])).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      facts: { reason: 'UnknownError' },
    });
    opening.mockRestore();
    await ledger.append([outcomeEntry({ requestId: 'next' })]);
    expect(await ledger.outcomes()).toMatchObject([{ requestId: 'next' }]);
    expect(warnings).toEqual([]);
  });
});
