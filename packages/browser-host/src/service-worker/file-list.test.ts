import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { parseFileList } from './file-list.js';

const FILE = { path: 'assets/app.js', bytes: 3, sha256: 'a'.repeat(64) };
const URL_OF_LIST = 'https://kiosk.example/offline.json';

const textOf = (files: unknown): string =>
  JSON.stringify({ version: createHash('sha256').update(JSON.stringify(files)).digest('hex'), files }, null, 2);
const parse = (text: string) => parseFileList(text, URL_OF_LIST);

it('a list is read, with what it does not know', async () => {
  const files = [FILE, { ...FILE, path: 'ü #?.html', bytes: 0, whenUsed: true, later: 'field' }];
  expect(await parse(textOf(files))).toMatchObject({ version: expect.stringMatching(/^[0-9a-f]{64}$/), files });
});

it.each([
  ['', 'it is not JSON'],
  ['<!doctype html>', 'it is not JSON'],
  ['null', 'it has no files'],
  ['[]', 'it has no files'],
  ['{"files": {}}', 'it has no files'],
  [textOf([]), 'it has no files'],
  [textOf([FILE, FILE]), 'it has a file twice'],
  [textOf([FILE]).replace('"bytes": 3', '"bytes": 4'), 'its version is that of other files'],
  ...[
    null,
    'app.js',
    { ...FILE, path: '../app.js' },
    { ...FILE, path: '/app.js' },
    { ...FILE, path: 'a//app.js' },
    { ...FILE, path: 'a\\app.js' },
    { ...FILE, path: './app.js' },
    { ...FILE, path: '' },
    { ...FILE, path: '\uD800' },
    { ...FILE, bytes: -1 },
    { ...FILE, bytes: 1.5 },
    { ...FILE, bytes: '3' },
    { ...FILE, sha256: 'A'.repeat(64) },
    { ...FILE, whenUsed: false },
  ].map((file) => [textOf([file]), 'is no file']),
])('%s is refused', async (text, why) => {
  await expect(parse(text!)).rejects.toMatchObject({
    code: 'INVALID_DATA',
    message: expect.stringContaining(why!),
    facts: { url: URL_OF_LIST },
  });
});
