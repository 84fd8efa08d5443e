import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { addKey, readKeys, removeKey } from './keys-file.js';
import { hashToken } from './server-key.js';
import { watchKeys } from './watched-keys.js';

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  file = path.join(folder, 'state', 'server-keys.json');
});

it('a key is kept as its hash, in a file that only its owner reads', async () => {
  const { token, key } = await addKey(file, { name: 'phone', models: ['base*'], residency: 'site' }, 0);
  expect(token).toMatch(/^terrace_[\w-]{43}$/);
  expect(key).toMatchObject({ name: 'phone', hash: hashToken(token).toString('hex') });
  expect(await readKeys(file)).toEqual([key]);
  expect(readFileSync(file, 'utf8')).not.toContain(token);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('keys that are made at the same time are all kept', async () => {
  const names = Array.from({ length: 6 }, (_, i) => `key ${i}`);
  await Promise.all(names.map((name) => addKey(file, { name }, 0)));
  expect((await readKeys(file)).map(({ name }) => name).toSorted()).toEqual(names);
});

it('a name is taken once, and a key that is not there cannot be removed', async () => {
  await addKey(file, { name: 'phone' }, 0);
  await expect(addKey(file, { name: 'phone' }, 0)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await expect(removeKey(file, 'tablet')).rejects.toMatchObject({ code: 'INVALID_REQUEST', hint: 'Keys: phone.' });
  await removeKey(file, 'phone');
  expect(await readKeys(file)).toEqual([]);
});

it.each(['', 'a\u001B[2Jb', 'x'.repeat(65), ' x'])('the name %j is refused', async (name) => {
  await expect(addKey(file, { name }, 0)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

it('a server sees keys that come and go, and keeps those it had when the file cannot be read', async () => {
  await addKey(file, { name: 'phone' }, 0);
  const failures: unknown[] = [];
  const keys = await watchKeys(file, { onFailure: (error) => failures.push(error), lookEveryMs: 5 });
  onTestFinished(() => keys.close());
  const names = (): string[] => keys.current()!.map(({ name }) => name);
  expect(names()).toEqual(['phone']);
  await addKey(file, { name: 'tablet' }, 0);
  await expect.poll(names).toEqual(['phone', 'tablet']);
  await removeKey(file, 'phone');
  await expect.poll(names).toEqual(['tablet']);
  // At once, as it is looked at meanwhile.
  writeFileSync(`${file}.new`, '{');
  renameSync(`${file}.new`, file);
  await expect.poll(() => failures.length).toBe(1);
  expect(names()).toEqual(['tablet']);
});

it('the first key counts on a server that runs, and a file that is removed opens nothing', async () => {
  const failures: unknown[] = [];
  const keys = await watchKeys(file, { onFailure: (error) => failures.push(error), lookEveryMs: 5 });
  onTestFinished(() => keys.close());
  expect(keys.current()).toBeUndefined();
  await addKey(file, { name: 'phone' }, 0);
  await expect.poll(keys.current).toMatchObject([{ name: 'phone' }]);
  rmSync(file);
  await expect.poll(() => failures.length).toBe(1);
  expect(keys.current()).toMatchObject([{ name: 'phone' }]);
});

it('a file that is wrong is refused at the start', async () => {
  await addKey(file, { name: 'phone' }, 0);
  writeFileSync(file, JSON.stringify({ format: 1, keys: [{ name: 'phone', hash: 'x' }] }));
  await expect(watchKeys(file, { onFailure: () => undefined })).rejects.toMatchObject({ code: 'INVALID_CATALOG' });
});
