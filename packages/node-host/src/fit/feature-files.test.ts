import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createFeatureFiles, forgetFeatures } from './feature-files.js';

function emptyFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-features-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'features');
}

const key = (text: string): string => createHash('sha256').update(text).digest('hex');
const row = (...values: number[]): Float32Array => Float32Array.from(values);
const onlyFile = (folder: string): string => path.join(folder, readdirSync(folder)[0]!);

it('knows what was written before, in another process as well, and nothing of another space', async () => {
  const folder = emptyFolder();
  const files = createFeatureFiles({ folder });
  expect(await files.read('a', [key('x')])).toEqual([undefined]);
  await files.write(
    'a',
    new Map([
      [key('x'), row(1, 2)],
      [key('y'), row(3, 4)],
    ]),
  );
  await files.write('a', new Map([[key('z'), row(5, 6)]]));
  const another = createFeatureFiles({ folder });
  expect(await another.read('a', ['z', 'none', 'x'].map(key))).toEqual([row(5, 6), undefined, row(1, 2)]);
  expect(await another.read('b', [key('x')])).toEqual([undefined]);
});

it('is gone where texts are forgotten, and begins anew', async () => {
  const folder = emptyFolder();
  const files = createFeatureFiles({ folder });
  await files.write('a', new Map([[key('x'), row(1)]]));
  await forgetFeatures(folder);
  await forgetFeatures(folder);
  expect(await files.read('a', [key('x')])).toEqual([undefined]);
  await files.write('a', new Map([[key('y'), row(2)]]));
  expect(await files.read('a', [key('y')])).toEqual([row(2)]);
});

it('keeps to its owner what comes near to telling a text', async () => {
  const folder = emptyFolder();
  await createFeatureFiles({ folder }).write('a', new Map([[key('x'), row(1)]]));
  expect(statSync(onlyFile(folder)).mode & 0o777).toBe(0o600);
});

it('cuts a row that was half written, and goes on behind it', async () => {
  const folder = emptyFolder();
  const files = createFeatureFiles({ folder });
  await files.write(
    'a',
    new Map([
      [key('x'), row(1, 2)],
      [key('y'), row(3, 4)],
    ]),
  );
  truncateSync(onlyFile(folder), statSync(onlyFile(folder)).size - 3);
  expect(await files.read('a', ['x', 'y'].map(key))).toEqual([row(1, 2), undefined]);
  await files.write('a', new Map([[key('z'), row(5, 6)]]));
  expect(await files.read('a', ['x', 'y', 'z'].map(key))).toEqual([row(1, 2), undefined, row(5, 6)]);
});

it('does not know a row of which a byte has changed', async () => {
  const folder = emptyFolder();
  const files = createFeatureFiles({ folder });
  await files.write('a', new Map([[key('x'), row(1, 2)]]));
  const bytes = readFileSync(onlyFile(folder));
  bytes[40]! ^= 1;
  writeFileSync(onlyFile(folder), bytes);
  expect(await files.read('a', [key('x')])).toEqual([undefined]);
});

it.each([[''], ['rubbish'], ['rubbish that is longer than a row would be '.repeat(9)]])(
  'takes a file of %j for one without rows',
  async (content) => {
    const folder = emptyFolder();
    const files = createFeatureFiles({ folder });
    await files.write('a', new Map([[key('x'), row(1, 2)]]));
    writeFileSync(onlyFile(folder), '');
    appendFileSync(onlyFile(folder), content);
    expect(await files.read('a', [key('x')])).toEqual([undefined]);
  },
);

it('lets the file go first that was written to longest ago', async () => {
  const folder = emptyFolder();
  const files = createFeatureFiles({ folder, mostBytes: 100 });
  await files.write('old', new Map([[key('x'), row(1, 2)]]));
  utimesSync(onlyFile(folder), 1, 1);
  await files.write('new', new Map([[key('x'), row(1, 2)]]));
  await files.write('new', new Map([[key('y'), row(3, 4)]]));
  expect(await files.read('old', [key('x')])).toEqual([undefined]);
  expect(await files.read('new', [key('y')])).toEqual([row(3, 4)]);
});

it('fails nobody where it cannot write', async () => {
  const folder = emptyFolder();
  const files = createFeatureFiles({ folder: path.join(folder, 'file', 'below') });
  await createFeatureFiles({ folder }).write('a', new Map([[key('x'), row(1)]]));
  writeFileSync(path.join(folder, 'file'), '');
  chmodSync(path.join(folder, 'file'), 0o400);
  await files.write('a', new Map([[key('x'), row(1)]]));
  expect(await files.read('a', [key('x')])).toEqual([undefined]);
});
