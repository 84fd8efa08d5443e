import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageError } from '@terrace/core';
import { exampleLesson } from '@terrace/core/testing';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createLazyLessons } from './lazy-lessons.js';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-lessons-'));
  folders.push(folder);
  const warnings: StorageError[] = [];
  const file = join(folder, 'lessons.db');
  const store = createLazyLessons({ file, clock: systemClock, onWarning: (warning) => warnings.push(warning) });
  return { folder, file, store, warnings };
}

it('makes no file before there is something to keep', async () => {
  const { file, store } = open();
  expect(await store.count()).toEqual([]);
  expect(await store.forget({})).toBe(0);
  expect(await store.note('x')).toBeUndefined();
  expect(existsSync(file)).toBe(false);
  await store.add([exampleLesson()]);
  expect(existsSync(file)).toBe(true);
  await store.close();
});

it('sets a damaged file aside and starts a new one', async () => {
  const { folder, file, store, warnings } = open();
  writeFileSync(file, 'this is no database, and long enough to be taken for a page of one'.repeat(100));
  await store.add([exampleLesson()]);
  expect(await store.count()).toHaveLength(1);
  expect(warnings).toMatchObject([{ code: 'STORAGE_FAILED' }]);
  expect(readdirSync(folder).some((name) => name.startsWith('lessons.corrupt-'))).toBe(true);
  await store.close();
});

it('goes on in a new file when its own was moved away', async () => {
  const { file, store } = open();
  await store.add([exampleLesson()]);
  renameSync(file, `${file}.moved`);
  await store.add([exampleLesson({ text: 'another' })]);
  expect(await store.list({ domain: 'bank' })).toMatchObject([{ text: 'another' }]);
  await store.close();
});
