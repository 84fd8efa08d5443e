import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageError } from '@terrace/core';
import { createFakeClock, createMemoryQueue, describeQueueContract } from '@terrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { quarantined } from '../sqlite/quarantine.js';
import { systemClock } from '../system-clock.js';
import { createLazyQueue } from './lazy-queue.js';
import { openSqliteQueue } from './sqlite-queue.js';

let folder: string;
let file: string;
let warnings: StorageError[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-queue-'));
  file = join(folder, 'queue.db');
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lazy = (at = file) =>
  createLazyQueue({
    file: at,
    clock: systemClock,
    open: () => openSqliteQueue({ file: at, clock: systemClock }),
    onWarning: (warning) => warnings.push(warning),
  });
const queued = (requestId: string) => ({ requestId, atWallMs: 1, request: '{"text":"words"}' });
const idsOf = async (queue: ReturnType<typeof lazy>) => (await queue.list()).map((state) => state.queued.requestId);

let files = 0;
describeQueueContract('the lazy queue', async (options) => {
  const at = join(folder, `${files++}.db`);
  const again = async () =>
    createLazyQueue({ file: at, clock: options.clock, open: () => openSqliteQueue({ file: at, ...options }) });
  return { queue: await again(), again };
});

it('makes no file before something has to wait', async () => {
  const queue = lazy();
  expect([await queue.waiting(), await queue.list(), await queue.claim(1000)]).toEqual([0, [], undefined]);
  expect([await queue.read('a'), await queue.forget('a'), await queue.forgetEnded(1)]).toEqual([undefined, false, 0]);
  expect(existsSync(file)).toBe(false);
  await queue.add(queued('a'));
  expect(await queue.waiting()).toBe(1);
  await queue.close();
});

it('sees what another process has put off, though it never did itself', async () => {
  const queue = lazy();
  expect(await queue.waiting()).toBe(0);
  const other = lazy();
  await other.add(queued('a'));
  expect(await queue.waiting()).toBe(1);
  await Promise.all([queue.close(), other.close()]);
});

it('opens the file once, however many ask at the same time', async () => {
  let opens = 0;
  const memory = createMemoryQueue({ clock: createFakeClock() });
  const queue = createLazyQueue({ file, clock: systemClock, open: async () => (opens++, memory) });
  await Promise.all(['a', 'b', 'c'].map((id) => queue.add(queued(id))));
  expect(opens).toBe(1);
});

it('opens nothing any more once it is closed', async () => {
  const queue = lazy();
  await queue.close();
  for (const refused of [() => queue.add(queued('a')), () => queue.waiting()]) {
    await expect(refused()).rejects.toMatchObject({ facts: { sqliteCode: 'CLIENT_CLOSED' } });
  }
  expect(existsSync(file)).toBe(false);
});

it('puts requests off again when its folder can be used', async () => {
  const at = join(folder, 'state', 'queue.db');
  writeFileSync(join(folder, 'state'), 'in the way');
  const queue = lazy(at);
  await expect(queue.add(queued('a'))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  rmSync(join(folder, 'state'));
  await queue.add(queued('b'));
  expect(await idsOf(queue)).toEqual(['b']);
  await queue.close();
});

it('sets a file aside that is no database, keeps it as it is, and starts a new queue', async () => {
  writeFileSync(file, 'a shopping list\n'.repeat(500));
  const queue = lazy();
  expect(await queue.waiting()).toBe(0);
  await queue.add(queued('a'));
  const [aside, ...more] = quarantined(file);
  expect([more, statSync(aside!).size]).toEqual([[], 8000]);
  expect(warnings).toMatchObject([{ code: 'STORAGE_FAILED', facts: { file, aside } }]);
  await queue.close();
});

it('sets a queue aside whose damage shows only while it is used, and keeps what comes after', async () => {
  const before = lazy();
  for (let i = 0; i < 300; i++) await before.add({ ...queued(`r${i}`), request: 'x'.repeat(2000) });
  await before.close();
  const handle = openSync(file, 'r+');
  for (let at = 4096 * 8; at < statSync(file).size; at += 4096)
    writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, at);
  closeSync(handle);
  const queue = lazy();
  // Two at a time: the second one finds that the first has set the file aside.
  await Promise.all([queue.list({ limit: 300 }), queue.list({ limit: 300 })]);
  await queue.add(queued('after'));
  expect(await idsOf(queue)).toEqual(['after']);
  expect(warnings).toHaveLength(1);
  await queue.close();
});

it('makes its file anew when it was moved away, and answers for what is there', async () => {
  const queue = lazy();
  await queue.add(queued('a'));
  const claim = await queue.claim(1000);
  for (const suffix of ['', '-wal', '-shm']) renameSync(file + suffix, `${file}.old${suffix}`);
  await queue.add(queued('b'));
  expect(await queue.finish(claim!, { result: '1' })).toBe(false);
  expect(await idsOf(queue)).toEqual(['b']);
  expect(warnings).toEqual([]);
  await queue.close();
});
