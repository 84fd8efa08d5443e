import type { Clock, StorageError } from '@terrace/core';
import { createFakeClock } from '@terrace/core/testing';
import { deleteDB, openDB, type DBSchema } from 'idb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import { systemClock } from '../system-clock.js';
import { committed } from './committed.js';
import { Database } from './database.js';
import { withIdb } from './with-idb.js';

interface Schema extends DBSchema {
  words: { key: number; value: string };
}

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;

function open(name: string, { clock = systemClock }: { clock?: Pick<Clock, 'sleep'> } = {}) {
  const warnings: StorageError[] = [];
  const database = new Database({
    noun: 'ledger',
    name,
    clock,
    migrations: [(made) => void made.createObjectStore('words', { autoIncrement: true })],
    stores: ['words'],
    as: withIdb<Schema>,
    onWarning: (warning) => warnings.push(warning),
  });
  onTestFinished(() => database.close());
  const add = (...words: string[]) =>
    database.use('append to', (connection) => {
      const transaction = connection.transaction('words', 'readwrite', { durability: 'strict' });
      return committed(transaction, Promise.all(words.map((word) => transaction.store.add(word))));
    });
  const words = () => database.use('read', (connection) => connection.getAll('words'));
  return { database, warnings, add, words };
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

const send = (method: string, params: object): Promise<unknown> =>
  (cdp() as unknown as { send(method: string, params: object): Promise<unknown> }).send(method, params);

describe('a database', () => {
  it('is opened once, at its first use', async () => {
    const opening = vi.spyOn(indexedDB, 'open');
    onTestFinished(() => opening.mockRestore());
    const name = newName();
    const { add, words, database } = open(name);
    expect(await database.exists()).toBe(false);
    await Promise.all([add('a'), add('b'), add('c')]);
    expect(await words()).toEqual(['a', 'b', 'c']);
    expect(opening.mock.calls).toEqual([[name, 1]]);
    expect(await open(name).database.exists()).toBe(true);
  });

  it('that another tab deletes is made anew', async () => {
    const name = newName();
    const { add, words } = open(name);
    await add('before');
    await deleteDB(name, { blocked: () => expect.unreachable('the deletion waits for this tab') });
    await add('after');
    expect(await words()).toEqual(['after']);
  });

  it('goes on in one beside it when another tab brings a newer version, whose data is left alone', async () => {
    const name = newName();
    const { add, words, warnings } = open(name);
    await add('before');
    const newer = await openDB(name, 2, { blocked: () => expect.unreachable('the newer one waits for this tab') });
    await add('after');
    expect(await words()).toEqual(['after']);
    expect(await newer.getAll('words')).toEqual(['before']);
    newer.close();
    expect(warnings).toMatchObject([{ code: 'STORAGE_FAILED', facts: { database: name, beside: `${name}-v1` } }]);
    // So it is at the next start.
    const next = open(name);
    await next.add('later');
    expect(await next.words()).toEqual(['after', 'later']);
  });

  it('that is none of ours is left alone', async () => {
    const name = newName();
    const foreign = await openDB(name, 1, { upgrade: (made) => void made.createObjectStore('things') });
    await foreign.put('things', 'precious', 1);
    const { add, words, warnings } = open(name);
    await add('ours');
    expect(await words()).toEqual(['ours']);
    expect(await foreign.getAll('things')).toEqual(['precious']);
    expect(warnings).toHaveLength(1);
    foreign.close();
  });

  it('is opened again when the browser has thrown its data away, in the middle of whatever', async () => {
    const { add, words } = open(newName());
    await add('before');
    const kept: string[] = [];
    const adding = (async () => {
      for (let i = 0; i < 200; i++) {
        await add(`${i}`);
        kept.push(`${i}`);
      }
    })();
    await vi.waitUntil(() => kept.length > 5);
    await send('Storage.clearDataForOrigin', { origin: location.origin, storageTypes: 'indexeddb' });
    const lost = kept.length;
    await adding;
    const found = await words();
    expect(found).not.toContain('before');
    expect(found).toEqual(expect.arrayContaining(kept.slice(lost + 1)));
    expect(new Set(found).size).toBe(found.length);
  });

  it('leaves no rejection unseen when the data goes just after it was read', async () => {
    const unseen = vi.fn<(event: PromiseRejectionEvent) => void>((event) => event.preventDefault());
    addEventListener('unhandledrejection', unseen);
    onTestFinished(() => removeEventListener('unhandledrejection', unseen));
    const { database } = open(newName());
    const transaction = await database.use('read', async (connection) => connection.transaction('words'));
    await transaction.store.getAll();
    transaction.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unseen).not.toHaveBeenCalled();
  });

  it('says that there is no room, keeps nothing of that, and goes on when there is', async () => {
    const { add, words } = open(newName());
    const { origin } = location;
    // What the browser remembers of the space that is left goes with the data.
    await send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    await send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    onTestFinished(async () => void (await send('Storage.overrideQuotaForOrigin', { origin })));
    await expect(add('little', 'x'.repeat(3_000_000))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      facts: { reason: 'QuotaExceededError' },
    });
    await send('Storage.overrideQuotaForOrigin', { origin });
    await add('after');
    expect(await words()).toEqual(['after']);
  });

  it('keeps nothing of a transaction whose work fails on the way', async () => {
    const { database, words } = open(newName());
    const half = database.use('append to', (connection) => {
      const transaction = connection.transaction('words', 'readwrite');
      const work = async (): Promise<void> => {
        await transaction.store.add('half');
        await transaction.store.add((() => undefined) as unknown as string);
      };
      return committed(transaction, work());
    });
    await expect(half).rejects.toMatchObject({ facts: { reason: 'DataCloneError', fault: 'entry' } });
    expect(await words()).toEqual([]);
  });

  it('that does not open in time keeps nobody waiting, and is used once it has', async () => {
    const name = newName();
    const clock = createFakeClock();
    const holder = await openDB(name, 1);
    // Waits for the holder, and the next one to open it waits for that.
    const deleted = deleteDB(name);
    const { add, words } = open(name, { clock });
    const late = failureOf(add('late'));
    await vi.waitUntil(() => clock.sleepers() > 0);
    clock.advance(3001);
    expect(await late).toMatchObject({ facts: { reason: 'LATE' } });
    await expect(add('at once')).rejects.toMatchObject({ facts: { reason: 'LATE' } });
    holder.close();
    await deleted;
    await vi.waitUntil(() =>
      add('in time').then(
        () => true,
        () => false,
      ),
    );
    expect(await words()).toEqual(['in time']);
  });

  it('finishes what is under way when it is closed, also what waits for it to open', async () => {
    const name = newName();
    const { add, database } = open(name);
    const first = add('first');
    const closing = database.close();
    await Promise.all([first, closing]);
    expect(await open(name).words()).toEqual(['first']);
  });

  it('that opens after it was closed stays no longer open', async () => {
    const name = newName();
    const holder = await openDB(name, 1);
    const deleted = deleteDB(name);
    const clock = createFakeClock();
    const { add, database } = open(name, { clock });
    const late = failureOf(add('late'));
    await vi.waitUntil(() => clock.sleepers() > 0);
    clock.advance(3001);
    expect(await late).toMatchObject({ facts: { reason: 'LATE' } });
    await database.close();
    holder.close();
    await deleted;
    // It would be blocked for as long as that one is open.
    await deleteDB(name);
    await expect(add('again')).rejects.toMatchObject({ facts: { reason: 'CLOSED' } });
  });
});
