import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageError } from '@terrace/core';
import { describeLessonStoreContract, exampleAsked, exampleLesson } from '@terrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteQueue } from '../queue/sqlite-queue.js';
import { systemClock } from '../system-clock.js';
import { openSqliteLessons } from './sqlite-lessons.js';

const folders: string[] = [];
const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-lessons-'));
  folders.push(folder);
  return join(folder, 'state', 'lessons.db');
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));
const clock = { wallMs: () => 10_000 };

describeLessonStoreContract('SQLite', (options) => openSqliteLessons({ file: newFile(), clock, ...options }));

describe('lessons in SQLite', () => {
  it('are there for the next start, and for another process', async () => {
    const file = newFile();
    const [one, two] = [await openSqliteLessons({ file, clock }), await openSqliteLessons({ file, clock })];
    await one.add([exampleLesson()]);
    await two.keepNote('paused', 'true');
    expect(await two.list({ domain: 'bank' })).toEqual([exampleLesson()]);
    expect(await one.note('paused')).toBe('true');
    for (const each of [one, two]) await each.close();
    const again = await openSqliteLessons({ file, clock });
    expect(await again.count()).toHaveLength(1);
    await again.close();
  });

  it('can be read by their owner alone, and are nowhere any more once they are forgotten', async () => {
    const file = newFile();
    const store = await openSqliteLessons({ file, clock });
    await store.add([exampleLesson({ text: 'my secret words' })]);
    await store.remember([exampleAsked({ text: 'my secret words' })]);
    for (const each of [file, `${file}-wal`]) expect(statSync(each).mode & 0o077).toBe(0);
    await store.forget({ domain: 'bank' });
    await store.close();
    expect(readFileSync(file, 'latin1')).not.toContain('secret');
  });

  it('remember requests for a week', async () => {
    const file = newFile();
    let nowMs = 1e12;
    const store = await openSqliteLessons({ file, clock: { wallMs: () => nowMs } });
    await store.remember([exampleAsked({ requestId: 'old', atWallMs: nowMs })]);
    nowMs += 8 * 24 * 3_600_000;
    await store.remember([exampleAsked({ requestId: 'new', atWallMs: nowMs })]);
    expect(await store.asked('old')).toBeUndefined();
    expect(await store.asked('new')).toBeDefined();
    await store.close();
  });

  it('are not looked for in a file of something else', async () => {
    const file = newFile();
    const queue = await openSqliteQueue({ file, clock: systemClock });
    await queue.close();
    await expect(openSqliteLessons({ file, clock })).rejects.toThrow(StorageError);
  });
});
