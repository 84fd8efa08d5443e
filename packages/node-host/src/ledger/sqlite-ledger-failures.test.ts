import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client/sqlite3';
import { StorageError } from '@terrace/core';
import { outcomeEntry } from '@terrace/core/testing';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { openSqliteLedger } from './sqlite-ledger.js';

let folder: string;
let mounted: string | undefined;
const many = (length: number, requestId: string) => Array.from({ length }, () => outcomeEntry({ requestId }));
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount();

function tryMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'terrace-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}

function mount(options: string): string {
  const path = join(folder, 'mounted');
  if (mounted === undefined) mkdirSync(path);
  execFileSync('mount', [...(mounted === undefined ? ['-t', 'tmpfs', 'tmpfs'] : []), '-o', options, path]);
  return (mounted = path);
}

async function failure(operation: Promise<unknown>): Promise<StorageError> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!StorageError.isInstance(error)) throw new Error(`expected a StorageError, got ${String(error)}`);
  expect(error.hint).toMatch(/^[A-Z].{20,}\.$/);
  return error;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-ledger-'));
});
afterEach(() => {
  // The driver keeps files open until its statements are collected, so a plain umount could find it busy.
  if (mounted !== undefined) execFileSync('umount', ['--lazy', mounted]);
  mounted = undefined;
  rmSync(folder, { recursive: true });
});

it('says that a file is not a database and leaves it as it is', async () => {
  const file = join(folder, 'ledger.db');
  writeFileSync(file, 'a shopping list\n'.repeat(500));
  const error = await failure(openSqliteLedger({ file }));
  expect(error.facts).toEqual({ file, sqliteCode: 'SQLITE_NOTADB' });
  expect(error.hint).toContain('doctor --fix');
  expect(statSync(file).size).toBe(8000);
});

it('says that a database is corrupt when its pages are damaged', async () => {
  const file = join(folder, 'ledger.db');
  const ledger = await openSqliteLedger({ file });
  await ledger.append(many(300, 'r'));
  await ledger.close();
  const damaged = join(folder, 'damaged.db');
  copyFileSync(file, damaged);
  const handle = openSync(damaged, 'r+');
  const { size } = statSync(damaged);
  for (let page = 4096 * 20; page < size; page += 4096) writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, page);
  closeSync(handle);
  const opened = await openSqliteLedger({ file: damaged });
  const error = await failure(opened.outcomes({ limit: 1000 }));
  expect(error.facts).toEqual({ file: damaged, sqliteCode: 'SQLITE_CORRUPT' });
  expect(error.hint).toContain('doctor --fix');
  await opened.close();
});

it('says that a file stands where the folder should be', async () => {
  writeFileSync(join(folder, 'state'), '');
  const file = join(folder, 'state', 'deep', 'ledger.db');
  expect((await failure(openSqliteLedger({ file }))).facts).toEqual({ file, sqliteCode: 'ENOTDIR' });
});

it('says that a folder stands where the file should be', async () => {
  expect((await failure(openSqliteLedger({ file: folder }))).facts).toEqual({
    file: folder,
    sqliteCode: 'SQLITE_CANTOPEN',
  });
});

it('names the lock when another process holds the file for too long', async () => {
  const file = join(folder, 'ledger.db');
  let nowMs = 0;
  const ledger = await openSqliteLedger({ file, clock: { nowMs: () => (nowMs += 2000), sleep: async () => {} } });
  const other = createClient({ url: pathToFileURL(file).href });
  const lock = await other.transaction('write');
  const errors = await Promise.all([failure(ledger.append(many(1, 'a'))), failure(ledger.append(many(1, 'b')))]);
  for (const error of errors) expect(error.facts).toEqual({ file, sqliteCode: 'SQLITE_BUSY' });
  expect(await ledger.outcomes()).toEqual([]);
  await lock.rollback();
  other.close();
  await ledger.append(many(1, 'c'));
  expect(await ledger.outcomes()).toHaveLength(1);
  await ledger.close();
});

it('waits for a lock as long as ever while the wall clock jumps by years, and keeps the order of its rows', async () => {
  const file = join(folder, 'ledger.db');
  const years = 20 * 365 * 24 * 3600 * 1000;
  const real = Date.now;
  let jump = 0;
  const wall = vi.spyOn(Date, 'now').mockImplementation(() => real() + (jump = jump > 0 ? -years : years));
  onTestFinished(() => wall.mockRestore());
  const ledger = await openSqliteLedger({ file });
  const other = createClient({ url: pathToFileURL(file).href });
  const lock = await other.transaction('write');
  const appends = Array.from({ length: 20 }, (_, index) =>
    ledger.append([outcomeEntry({ requestId: `r${index}`, atWallMs: Date.now() })]),
  );
  await new Promise((resolve) => void setTimeout(resolve, 100));
  await lock.rollback();
  other.close();
  await Promise.all(appends);
  const ids = (await ledger.outcomes()).map(({ requestId }) => requestId);
  expect(ids).toEqual(Array.from({ length: 20 }, (_, index) => `r${19 - index}`));
  await ledger.close();
});

it.skipIf(!canMount)('keeps nothing of an append that does not fit on a full disk (needs root to mount)', async () => {
  const file = join(mount('size=300k'), 'ledger.db');
  const ledger = await openSqliteLedger({ file });
  await ledger.append(many(10, 'before'));
  const [large, small] = await Promise.all([
    failure(ledger.append(many(2000, 'large'))),
    ledger.append(many(1, 'small')),
  ]);
  expect(large.facts['file']).toBe(file);
  expect(['SQLITE_FULL', 'SQLITE_IOERR']).toContain(large.facts['sqliteCode']);
  expect(large.hint).toContain('space');
  expect(small).toBeUndefined();
  const kept = async () => (await ledger.outcomes({ limit: 10_000 })).map((outcome) => outcome.requestId);
  expect(await kept()).toEqual(['small', ...Array.from({ length: 10 }, () => 'before')]);
  mount('remount,size=4m');
  await ledger.append(many(5, 'after'));
  expect(await kept()).toHaveLength(16);
  await ledger.close();
});

it.skipIf(!canMount)('says what to do when the folder is read-only (needs root to mount)', async () => {
  const path = mount('size=300k');
  mount('remount,ro');
  const inside = await failure(openSqliteLedger({ file: join(path, 'ledger.db') }));
  expect(inside.facts).toMatchObject({ sqliteCode: 'SQLITE_CANTOPEN' });
  const below = await failure(openSqliteLedger({ file: join(path, 'new', 'ledger.db') }));
  expect(['EROFS', 'ENOENT']).toContain(below.facts['sqliteCode']);
  for (const { hint } of [inside, below]) expect(hint).toContain('TERRACE_HOME');
  expect(existsSync(join(path, 'ledger.db'))).toBe(false);
});
