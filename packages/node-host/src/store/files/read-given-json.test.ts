import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readGivenJson } from './read-given-json.js';

it('a file that is not there is the matter of whoever named it', async () => {
  const refused = readGivenJson('/nowhere/schema.json');
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST', facts: { file: '/nowhere/schema.json' } });
});

it('what is there is read, and is refused where it is no JSON', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-given-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'given.json');
  writeFileSync(file, '{"a": 1}');
  expect(await readGivenJson(file)).toEqual({ a: 1 });
  writeFileSync(file, '{');
  await expect(readGivenJson(file)).rejects.toMatchObject({ code: 'INVALID_CATALOG' });
});
