import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeQueueContract } from '@terrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openSqliteQueue } from './sqlite-queue.js';

const folders: string[] = [];
const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-queue-'));
  folders.push(folder);
  return join(folder, 'state', 'queue.db');
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));
const queued = (requestId: string, request = '{"text":"secret words"}') => ({ requestId, atWallMs: 1, request });

describeQueueContract('the SQLite queue', async (options) => {
  const file = newFile();
  const again = () => openSqliteQueue({ file, ...options });
  return { queue: await again(), again };
});

describe('the SQLite queue', () => {
  it('is there for the next start', async () => {
    const file = newFile();
    const first = await openSqliteQueue({ file, clock: systemClock });
    for (const id of ['a', 'b']) await first.add(queued(id));
    await first.finish((await first.claim(1000))!, { result: '1' });
    await first.close();
    const second = await openSqliteQueue({ file, clock: systemClock });
    expect(await second.list()).toMatchObject([{ kind: 'done' }, { kind: 'waiting' }]);
    await second.close();
  });

  it('can be read by its owner alone', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.add(queued('a'));
    for (const each of [file, `${file}-wal`]) expect(statSync(each).mode & 0o077).toBe(0);
    await queue.close();
  });

  it('does not keep the words of what is forgotten', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.add(queued('a', '{"text":"zanzibar marmalade"}'));
    await queue.forget('a');
    await queue.close();
    expect(readFileSync(file).includes('zanzibar')).toBe(false);
  });

  it.skipIf(!existsSync('/proc/locks'))('keeps its locks when the process opens the file once more', async () => {
    const file = newFile();
    const locks = (): number => {
      const held = readFileSync('/proc/locks', 'utf8').split('\n');
      return held.filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${statSync(file).ino} `))
        .length;
    };
    const first = await openSqliteQueue({ file, clock: systemClock });
    await first.add(queued('a'));
    const before = locks();
    const second = await openSqliteQueue({ file, clock: systemClock });
    // Without them another process would take itself for the only one, and remove the log that this one is using.
    expect([before > 0, locks()]).toEqual([true, before]);
    await Promise.all([first.close(), second.close()]);
  });

  it('closes a file to others that was open to them', async () => {
    const file = newFile();
    await (await openSqliteQueue({ file, clock: systemClock })).close();
    chmodSync(file, 0o644);
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.add(queued('a'));
    for (const each of [file, `${file}-wal`]) expect(statSync(each).mode & 0o077).toBe(0);
    await queue.close();
  });

  it('does not keep the words of what is forgotten in its log either, while it is open', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.add(queued('a', JSON.stringify({ text: 'zanzibar '.repeat(3000) })));
    await queue.finish((await queue.claim(1000))!, { result: '"marmalade"' });
    const holds = (): string[] =>
      [file, `${file}-wal`].filter((each) => /zanzibar|marmalade/.test(readFileSync(each, 'latin1')));
    expect(holds()).not.toEqual([]);
    expect(await queue.forgetEnded(Number.MAX_VALUE)).toBe(1);
    expect(holds()).toEqual([]);
    await queue.close();
  });

  it('forgets the oldest answers when they have grown too many', async () => {
    const queue = await openSqliteQueue({ file: newFile(), clock: systemClock, maxEndedBytes: 100 });
    for (const id of ['a', 'b', 'c', 'd']) {
      await queue.add(queued(id, '{}'));
      await queue.finish((await queue.claim(1000))!, { result: '1'.repeat(40) });
    }
    await queue.add(queued('e', '{}'));
    expect((await queue.list()).map((state) => state.queued.requestId)).toEqual(['c', 'd', 'e']);
    await queue.close();
  });

  it('refuses what is too long, and ids that are none', async () => {
    const queue = await openSqliteQueue({ file: newFile(), clock: systemClock });
    const refused = { code: 'STORAGE_FAILED', facts: { fault: 'entry' } };
    await expect(queue.add(queued('a', 'x'.repeat(600_000)))).rejects.toMatchObject(refused);
    for (const id of ['', 'x'.repeat(257), 'a\0b']) await expect(queue.add(queued(id))).rejects.toMatchObject(refused);
    expect(await queue.list()).toEqual([]);
    await queue.close();
  });

  it('lists no more than was asked for, whatever that is', async () => {
    const queue = await openSqliteQueue({ file: newFile(), clock: systemClock });
    for (const id of ['a', 'b']) await queue.add(queued(id));
    expect(await queue.list({ limit: -1 })).toEqual([]);
    expect(await queue.list({ limit: 1.9 })).toHaveLength(1);
    expect(await queue.list({ limit: Infinity })).toHaveLength(2);
    await queue.close();
  });

  it('notices that its file was removed, and keeps nothing that nobody would find', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    await expect(queue.add(queued('a'))).rejects.toMatchObject({ facts: { sqliteCode: 'MOVED' } });
    await queue.close();
  });

  it('says what is wrong with a file that is no queue', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.close();
    const { createClient } = await import('@libsql/client/sqlite3');
    const client = createClient({ url: `file:${file}` });
    await client.execute('PRAGMA application_id = 7');
    client.close();
    await expect(openSqliteQueue({ file, clock: systemClock })).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      facts: { sqliteCode: 'NOT_A_QUEUE' },
    });
  });

  it.skipIf(process.getuid?.() === 0)('says so when it cannot be written', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.close();
    chmodSync(file, 0o400);
    await expect(openSqliteQueue({ file, clock: systemClock })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });
});
