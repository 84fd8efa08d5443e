import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StorageError } from '@terrace/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { unwritable, writeAtomically } from './atomic-file.js';

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-atomic-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('writeAtomically', () => {
  it('writes text and bytes, and makes the folders on the way', async () => {
    await writeAtomically(at('a/b/text'), 'grüße');
    expect(readFileSync(at('a/b/text'), 'utf8')).toBe('grüße');
    await writeAtomically(at('bytes'), Uint8Array.of(0, 255));
    expect([...readFileSync(at('bytes'))]).toEqual([0, 255]);
  });

  it('replaces what was there and leaves nothing else behind', async () => {
    await writeAtomically(at('file'), 'old and longer');
    await writeAtomically(at('file'), 'new');
    expect(readFileSync(at('file'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('lets one of many writers win as a whole', async () => {
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeAtomically(at('file'), content)));
    expect(contents).toContain(readFileSync(at('file'), 'utf8'));
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('never shows a reader half of a file', async () => {
    const contents = ['a'.repeat(200_000), 'b'.repeat(200_000)];
    await writeAtomically(at('file'), contents[0]!);
    const writer = { over: false };
    const writing = (async () => {
      for (let i = 0; i < 10; i++) await writeAtomically(at('file'), contents[i % 2]!);
      writer.over = true;
    })();
    const seen = new Set<string>();
    while (!writer.over) {
      seen.add(readFileSync(at('file'), 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    for (const content of seen) expect(contents).toContain(content);
  });

  it('leaves the old content and no trace of the new when it fails', async () => {
    mkdirSync(at('file/kept'), { recursive: true });
    const error = await reasonOf(writeAtomically(at('file'), 'new'));
    expect(StorageError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ facts: { file: at('file') }, cause: expect.any(Error) });
    expect(readdirSync(folder)).toEqual(['file']);
    expect(existsSync(at('file/kept'))).toBe(true);
  });

  it('names a folder that is a file', async () => {
    writeFileSync(at('file'), 'mine');
    const error = await reasonOf(writeAtomically(at('file/below'), 'new'));
    expect(StorageError.isInstance(error)).toBe(true);
    expect(readFileSync(at('file'), 'utf8')).toBe('mine');
  });
});

describe('unwritable', () => {
  it.each([
    ['ENOSPC', 'full'],
    ['EROFS', 'read-only'],
    ['EACCES', 'owner'],
    ['EIO', 'another place'],
  ])('says for %s what to do', (code, advice) => {
    const error = unwritable('/some/file', Object.assign(new Error('no'), { code }));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', facts: { file: '/some/file', errno: code } });
    expect(error.message).toContain(code);
    expect(error.hint).toContain(advice);
  });
});
