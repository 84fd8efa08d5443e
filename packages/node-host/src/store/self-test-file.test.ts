import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StorageError } from '@terrace/core';
import { describeSelfTestRecordsContract, exampleSelfTestRecord } from '@terrace/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { openSelfTestFile } from './self-test-file.js';

function fileInFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-self-tests-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'self-tests.json');
}

describeSelfTestRecordsContract('the self-test file', () => {
  const file = fileInFolder();
  return { records: openSelfTestFile(file), reopen: () => openSelfTestFile(file) };
});

it.each([
  ['cut off', (text: string) => text.slice(0, 50)],
  ['empty', () => ''],
  ['of a later format', (text: string) => text.replace('"format": 1', '"format": 2')],
  ['with a verdict nobody knows', (text: string) => text.replace('"passed"', '"perhaps"')],
])('starts over with a file that is %s, and writes a sound one', async (_, damage) => {
  const file = fileInFolder();
  await openSelfTestFile(file).put(exampleSelfTestRecord());
  writeFileSync(file, damage(readFileSync(file, 'utf8')));
  const records = openSelfTestFile(file);
  expect(await records.list()).toEqual([]);
  await records.put(exampleSelfTestRecord());
  expect(await openSelfTestFile(file).list()).toHaveLength(1);
});

it('keeps what two processes found out', async () => {
  const file = fileInFolder();
  const [one, other] = [openSelfTestFile(file), openSelfTestFile(file)];
  await one.list();
  await other.put(exampleSelfTestRecord({ provider: 'cuda' }));
  await one.put(exampleSelfTestRecord());
  expect(await openSelfTestFile(file).list()).toHaveLength(2);
});

it('remembers in memory where it cannot write, and says so', async () => {
  const file = fileInFolder();
  mkdirSync(file);
  const records = openSelfTestFile(file);
  const error: unknown = await records.put(exampleSelfTestRecord()).catch((caught: unknown) => caught);
  expect(StorageError.isInstance(error)).toBe(true);
  expect(await records.list()).toEqual([exampleSelfTestRecord()]);
});
