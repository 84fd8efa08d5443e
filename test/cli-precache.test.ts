import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, terrace } from './support/run-cli.js';

interface List {
  readonly version: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

const PAGE = {
  'index.html': '<!doctype html>',
  'sw.js': 'worker',
  'assets/app-1.js': 'script',
  'assets/app-1.js.map': 'map',
  'models/catalog.json': '{}',
  'models/nano/model.onnx': 'weights',
  'terrace/ort-webgpu.mjs': 'webgpu',
  'ü %#? .html': 'odd',
  'empty.css': '',
  '.nojekyll': '',
  '.git/config': 'secret',
  _headers: '/*',
};

function pageFolder(files: Readonly<Record<string, string>> = PAGE): string {
  const folder = path.join(temporaryFolder(), 'dist');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

const precache = (...args: string[]) => terrace(['precache', ...args], { home: temporaryFolder() });
const listIn = (folder: string): List => JSON.parse(readFileSync(path.join(folder, 'offline.json'), 'utf8')) as List;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('terrace precache', () => {
  it('lists what a server sends of a page, in order, and says how much it is', async () => {
    const folder = pageFolder();
    const { code, stdout, stderr } = await precache(
      folder,
      '--exclude',
      'models/**',
      '--when-used',
      'terrace/*webgpu*',
    );
    expect([code, stderr]).toEqual([0, '']);
    const { version, files } = listIn(folder);
    expect(files).toEqual(
      [
        ['assets/app-1.js', 'script'],
        ['empty.css', ''],
        ['index.html', '<!doctype html>'],
        ['terrace/ort-webgpu.mjs', 'webgpu', { whenUsed: true }],
        ['ü %#? .html', 'odd'],
      ].map(([name, text, more]) => ({
        path: name,
        bytes: (text as string).length,
        sha256: sha256(text as string),
        ...(more as object),
      })),
    );
    expect(version).toBe(sha256(JSON.stringify(files)));
    expect(stdout).toBe(
      `${path.join(folder, 'offline.json')}, version ${version.slice(0, 12)}\n` +
        'kept at once    4 files, 24 B\n' +
        'kept when used  1 files, 6 B\n',
    );
  });

  it('makes the same list of the same files, and another one when a byte changes', async () => {
    const folder = pageFolder();
    const list = async (): Promise<List> => {
      expect(await precache(folder, '--exclude', 'models')).toMatchObject({ code: 0 });
      return listIn(folder);
    };
    const first = await list();
    expect(await list()).toEqual(first);
    writeFileSync(path.join(folder, 'index.html'), '<!DOCTYPE html>');
    expect((await list()).version).not.toBe(first.version);
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('warns of what is probably meant otherwise', async () => {
    const folder = pageFolder({ 'start.html': '', 'models/base/model.onnx': 'weights' });
    const { code, stdout, stderr } = await precache(folder, '--exclude', 'modles/**', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      atOnce: { files: 2, bytes: 7 },
      warnings: [
        expect.stringContaining('--exclude modles/**'),
        expect.stringContaining('no index.html'),
        expect.stringContaining('no sw.js'),
        expect.stringContaining('models/base/model.onnx would be kept twice'),
      ],
    });
    expect(stderr.split('\n').filter((line) => line.startsWith('warning: '))).toHaveLength(4);
  });

  it('takes a link for the file that it points to', async () => {
    const folder = pageFolder();
    symlinkSync(path.join(folder, 'index.html'), path.join(folder, 'start.html'));
    expect(await precache(folder, '--exclude', 'models')).toMatchObject({ code: 0 });
    expect(listIn(folder).files.find(({ path: name }) => name === 'start.html')).toMatchObject({
      bytes: PAGE['index.html'].length,
    });
  });

  it.each([
    ['a link to nothing', (folder: string) => symlinkSync('nowhere', path.join(folder, 'gone.js')), 'gone.js'],
    ['a link to a folder', (folder: string) => symlinkSync('assets', path.join(folder, 'other')), 'other'],
    ['a name with a backslash', (folder: string) => writeFileSync(path.join(folder, 'a\\b.js'), ''), 'a\\\\b.js'],
    ['a name with a line feed', (folder: string) => writeFileSync(path.join(folder, 'a\nb.js'), ''), 'a\\nb.js'],
    [
      'a name that is no UTF-8',
      (folder: string) => writeFileSync(Buffer.from(`${folder}/\xff.js`, 'latin1'), ''),
      '.js',
    ],
  ])('refuses %s, and leaves the list as it was', async (_, spoil, name) => {
    const folder = pageFolder();
    expect(await precache(folder, '--exclude', 'models')).toMatchObject({ code: 0 });
    const before = statSync(path.join(folder, 'offline.json')).mtimeMs;
    spoil(folder);
    const { code, stderr } = await precache(folder, '--exclude', 'models');
    expect(code).toBe(2);
    expect(stderr).toContain(`${name}" cannot be served`);
    expect(stderr).toContain('--exclude');
    expect(statSync(path.join(folder, 'offline.json')).mtimeMs).toBe(before);
  });

  it('leaves out a link to a folder that is excluded', async () => {
    const folder = pageFolder({ 'index.html': '', 'sw.js': '' });
    symlinkSync(temporaryFolder(), path.join(folder, 'models'));
    expect(await precache(folder, '--exclude', 'models')).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['no folder', () => path.join(temporaryFolder(), 'absent'), [], 'is not a folder'],
    ['an empty folder', () => pageFolder({}), [], 'has no file to list'],
    ['nothing but what is left out', () => pageFolder({ 'sw.js': '', '.x': '' }), [], 'has no file to list'],
    ['a pattern that means nothing', () => pageFolder(), ['--exclude', '../models'], 'is no pattern of paths'],
  ])('refuses %s', async (_, folder, flags, why) => {
    const { code, stderr } = await precache(folder(), ...flags);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});
