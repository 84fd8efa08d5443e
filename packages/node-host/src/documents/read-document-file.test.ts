import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentFiles } from './document-files.js';
import { readDocumentFile } from './read-document-file.js';
import { bombPdf, encryptedPdf, nestedFormsPdf, textPdf } from './testing/make-pdf.js';

/** The built worker: a thread cannot import TypeScript. */
const workerUrl = new URL('../../dist/documents/documents-worker.js', import.meta.url);

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'terrace-documents-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const read = (path: string, options = {}) => readDocumentFile(path, { workerUrl, ...options });
const reasonOf = (path: string, options = {}) =>
  read(path, options).then(
    () => 'read',
    (error: { code: string; facts: { reason: string } }) => `${error.code} ${error.facts?.reason}`,
  );

describe('a file of a document', () => {
  it('is read in a thread', async () => {
    const path = file('a.md', '# Cards\n\nWords.');
    expect(await read(path)).toMatchObject({ title: 'Cards', text: 'Cards\n\nWords.', mediaType: 'text/markdown' });
    expect(await read(file('a.pdf', textPdf([[['Words.']]])))).toMatchObject({ text: 'Words.', pages: 1 });
  });

  it('that is too large is refused before a byte of it is read', async () => {
    const path = file('large.pdf', '%PDF-1.7');
    truncateSync(path, 200 * 2 ** 20);
    const startedMs = performance.now();
    await expect(read(path)).rejects.toMatchObject({ message: 'The document is larger than 64 MiB.' });
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  it('that is encrypted, cut short, or no document at all says so', async () => {
    const whole = textPdf([[['Words.']]]);
    expect(await reasonOf(file('locked.pdf', encryptedPdf()))).toBe('INVALID_DOCUMENT encrypted');
    expect(await reasonOf(file('cut.pdf', whole.subarray(0, 60)))).toBe('INVALID_DOCUMENT damaged');
    expect(await reasonOf(file('empty.txt', ''))).toBe('INVALID_DOCUMENT no-text');
    expect(await reasonOf(folder)).toBe('INVALID_DOCUMENT no-file');
    expect(await reasonOf(join(folder, 'nothing'))).toBe('INVALID_DOCUMENT ENOENT');
  });

  it('that is a pipe or a link to itself keeps nobody waiting', async () => {
    const pipe = join(folder, 'pipe.txt');
    execFileSync('mkfifo', [pipe]);
    expect(await reasonOf(pipe)).toBe('INVALID_DOCUMENT no-file');
    const loop = join(folder, 'loop.txt');
    symlinkSync(loop, loop);
    expect(await reasonOf(loop)).toBe('INVALID_DOCUMENT ELOOP');
  });

  it('that inflates without end is refused before it takes the memory', async () => {
    expect(await reasonOf(file('bomb.pdf', bombPdf(40_000_000)))).toBe('INVALID_DOCUMENT too-much-memory');
    expect((await read(file('small.pdf', bombPdf(5000)))).text).toContain('boom');
  });

  it('that draws itself without end is given up in time, and its thread with it', async () => {
    const path = file('forms.pdf', nestedFormsPdf(40));
    await expect(read(path, { limitMs: 1500 })).rejects.toMatchObject({
      message: 'The document was not read within 1.5 s.',
    });
  });

  it('is left alone when nobody wants it any more', async () => {
    const path = file('long.html', '<div>'.repeat(300_000));
    const abort = new AbortController();
    const reading = read(path, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(reading).rejects.toThrow('enough');
    await expect(read(path, { signal: abort.signal })).rejects.toThrow('enough');
  });
});

describe('a folder of documents', () => {
  it('is looked through in the order of names, without what is hidden, packages, other files and links to folders', async () => {
    const root = join(folder, 'notes');
    mkdirSync(join(root, 'b', 'deep'), { recursive: true });
    mkdirSync(join(root, '.git'));
    mkdirSync(join(root, 'node_modules'));
    for (const name of [
      'z.txt',
      'a.md',
      'photo.jpg',
      '.hidden.md',
      '.git/x.md',
      'node_modules/x.md',
      'b/deep/c.HTML',
      'b/a.pdf',
    ])
      writeFileSync(join(root, name), 'words');
    symlinkSync(root, join(root, 'b', 'again'));
    symlinkSync(join(root, 'z.txt'), join(root, 'linked.txt'));
    symlinkSync(root, join(root, 'folder.txt'));
    const found: string[] = [];
    for await (const { path, failure } of documentFiles(root)) {
      expect(failure).toBeUndefined();
      found.push(path.slice(root.length + 1));
    }
    expect(found).toEqual(['a.md', 'linked.txt', 'z.txt', 'b/a.pdf', 'b/deep/c.HTML']);
  });

  it('that may not be looked into is told, and the others are looked through', async () => {
    const root = join(folder, 'some');
    mkdirSync(join(root, 'closed'), { recursive: true });
    mkdirSync(join(root, 'open'));
    writeFileSync(join(root, 'open', 'a.txt'), 'words');
    chmodSync(join(root, 'closed'), 0);
    const found = [];
    for await (const { path, failure } of documentFiles(root)) found.push([path.slice(root.length + 1), failure]);
    // Root may look into everything.
    const isRoot = process.getuid?.() === 0;
    const closed = ['closed', expect.objectContaining({ code: 'EACCES' })];
    expect(found).toEqual([...(isRoot ? [] : [closed]), ['open/a.txt', undefined]]);
  });

  it('that is one file is that file, whatever it is called', async () => {
    const found = [];
    for await (const { path } of documentFiles(join(folder, 'nothing.bin'))) found.push(path);
    expect(found).toEqual([join(folder, 'nothing.bin')]);
  });
});
