import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.js';

const scratch = (): string => mkdtempSync(join(tmpdir(), 'terrace-folder-'));

describe('makeFolder', () => {
  it('creates what is missing above, with the mode, and takes what is there', async () => {
    const root = scratch();
    await makeFolder(join(root, 'a', 'b', 'c'), 0o700);
    await makeFolder(join(root, 'a', 'b', 'c'));
    expect(statSync(join(root, 'a', 'b', 'c')).mode & 0o777).toBe(0o700);
  });

  it('survives being called twice at once', async () => {
    const path = join(scratch(), 'a', 'b');
    await Promise.all([makeFolder(path), makeFolder(path)]);
    expect(existsSync(path)).toBe(true);
  });

  it('fails on a file of that name', async () => {
    const path = join(scratch(), 'file');
    writeFileSync(path, '');
    await expect(makeFolder(path)).rejects.toThrow('EEXIST');
  });

  it.skipIf(!existsSync('/proc/self'))(
    'fails where the system has no such folders, instead of trying for ever',
    async () => {
      await expect(makeFolder('/proc/nope/terrace')).rejects.toThrow('ENOENT');
    },
  );
});
