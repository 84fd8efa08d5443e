import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, describeQueueContract } from '@terrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createLazyQueue } from './lazy-queue.js';
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

  it('takes a request over at once from a process that is gone', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.add(queued('a'));
    await queue.close();
    const module = new URL('./sqlite-queue.ts', import.meta.url).href;
    expect(module).toContain('sqlite-queue');
    // The claim of a process that has ended: its number and start are those of a child that ran.
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    const started = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]!;
    const again = await openSqliteQueue({ file, clock: systemClock });
    const claim = await again.claim(600_000);
    expect(claim).toBeDefined();
    await again.close();
    const { createClient } = await import('@libsql/client/sqlite3');
    const client = createClient({ url: `file:${file}` });
    const { hostname } = await import('node:os');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const owner = JSON.stringify({ pid: child.pid, started, host: hostname(), boot });
    await client.execute({ sql: 'UPDATE queued SET owner = ?', args: [owner] });
    client.close();
    const last = await openSqliteQueue({ file, clock: systemClock });
    expect(await last.claim(600_000)).toBeUndefined();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(await last.claim(600_000)).toMatchObject({ queued: { requestId: 'a' }, tries: 2 });
    await last.close();
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

describe('a lazy queue', () => {
  it('makes no file before something has to wait', async () => {
    const file = newFile();
    const clock = createFakeClock();
    const queue = createLazyQueue({ file, open: () => openSqliteQueue({ file, clock }) });
    expect(await queue.waiting()).toBe(0);
    expect(await queue.list()).toEqual([]);
    expect(await queue.claim(1000)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
    await queue.add(queued('a'));
    expect(await queue.waiting()).toBe(1);
    await queue.close();
  });
});
