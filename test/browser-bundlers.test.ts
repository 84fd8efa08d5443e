import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { build as viteBuild, createServer as createViteServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { launch, PAGE_FOLDERS } from './support/browser.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { startStaticServer, type StaticServer } from './support/static-server.js';

/** The page of a user: nothing but the call, as the guide shows it. */
const APP = `
import { createBrowserRuntime } from '@terrace/browser-host';
const runtime = await createBrowserRuntime({ catalogUrl: '/models/catalog.json' });
const { output, tier } = await runtime.run({ domain: 'clinc150', text: 'how do i freeze my account' });
document.title = output.label + ' by ' + tier;
await runtime.close();
`;
const html = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><body><script type="module" src="${script}"></script>`;
const TITLE = /^freeze_account by (nano|small|base)$/;

const repository = (folder: string): string => fileURLToPath(new URL(`../${folder}`, import.meta.url));

let project: string;
let browser: Browser;

/** @returns the title that the page gives itself when it has its answer */
async function titleOf(url: string): Promise<string> {
  const page: Page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  try {
    await page.goto(url);
    await page.waitForFunction(() => document.title !== '' && document.title.includes(' by '), undefined, {
      timeout: 30_000,
    });
    return await page.title();
  } catch (error) {
    throw new Error(`no answer; the page says: ${errors.join('; ') || 'nothing'}`, { cause: error });
  } finally {
    await page.close();
  }
}

async function answerFrom(folder: string, pages: Record<string, string> = {}): Promise<string> {
  const folders = { '/': folder, '/models/': PAGE_FOLDERS['/models/']! };
  const server: StaticServer = await startStaticServer({ folders, pages });
  try {
    return await titleOf(`${server.url}/`);
  } finally {
    await server.close();
  }
}

describe.skipIf(!HAS_CHROMIUM)('a page needs no settings of (needs Chromium)', { timeout: 90_000 }, () => {
  /** A project with the package as npm installs it: a folder of its own, no link into the workspace. */
  beforeAll(async () => {
    project = await mkdtemp(path.join(tmpdir(), 'terrace-app-'));
    for (const [name, parts] of [
      ['browser-host', ['package.json', 'dist']],
      ['core', ['package.json', 'dist']],
    ] as const) {
      const folder = path.join(project, 'node_modules/@terrace', name);
      await mkdir(folder, { recursive: true });
      for (const part of parts)
        await cp(repository(`packages/${name}/${part}`), path.join(folder, part), { recursive: true });
    }
    await writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'app', type: 'module', private: true }));
    await writeFile(path.join(project, 'app.js'), APP);
    await writeFile(path.join(project, 'index.html'), html('/app.js'));
    browser = await launch();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await rm(project, { recursive: true, force: true });
  });

  it('a plain static server and a module script', async () => {
    const importMap = `<script type="importmap">{"imports":{"@terrace/browser-host":"/node_modules/@terrace/browser-host/dist/bundle/index.js"}}</script>`;
    const page = html('/app.js').replace('<body>', `${importMap}<body>`);
    expect(await answerFrom(project, { '/': page })).toMatch(TITLE);
  });

  it('Vite, built', async () => {
    await viteBuild({ root: project, logLevel: 'error', build: { outDir: 'vite' } });
    expect(await answerFrom(path.join(project, 'vite'))).toMatch(TITLE);
  });

  it('Vite, while developing', async () => {
    await mkdir(path.join(project, 'public'), { recursive: true });
    await symlink(repository('models'), path.join(project, 'public/models'));
    const server = await createViteServer({ root: project, logLevel: 'error', server: { port: 0, host: 'localhost' } });
    try {
      await server.listen();
      expect(await titleOf(server.resolvedUrls!.local[0]!)).toMatch(TITLE);
    } finally {
      await server.close();
      await rm(path.join(project, 'public'), { recursive: true });
    }
  });

  it('webpack', async () => {
    const output = { path: path.join(project, 'webpack'), filename: 'app.js' };
    const settings: webpack.Configuration = { mode: 'production', context: project, entry: './app.js', output };
    const stats = await new Promise<webpack.Stats>((resolve, reject) =>
      webpack(settings, (error, done) => (error || !done ? reject(error ?? new Error('no build')) : resolve(done))),
    );
    expect(stats.toJson({ all: false, errors: true }).errors).toEqual([]);
    expect(await answerFrom(output.path, { '/': html('/app.js') })).toMatch(TITLE);
  });

  it('esbuild, with the files of the package beside the script', async () => {
    const outdir = path.join(project, 'esbuild');
    await esbuild({
      entryPoints: [path.join(project, 'app.js')],
      bundle: true,
      format: 'esm',
      outdir,
      logLevel: 'error',
    });
    await cp(path.join(project, 'node_modules/@terrace/browser-host/dist/bundle'), outdir, {
      recursive: true,
      filter: (source) => path.basename(source) !== 'index.js',
    });
    expect(await answerFrom(outdir, { '/': html('/app.js') })).toMatch(TITLE);
  });

  it.each(['vite', 'webpack'])(
    'FIELD-BUG 22: and what %s builds holds what is used and nothing more',
    async (folder) => {
      const shipped = await sizesIn(path.join(project, 'node_modules/@terrace/browser-host/dist/bundle'));
      const built = await sizesIn(path.join(project, folder));
      const binaries = (sizes: readonly FileSize[]) =>
        sizes
          .filter(({ file }) => file.endsWith('.wasm'))
          .map(({ bytes }) => bytes)
          .toSorted();
      expect(shipped.filter(({ file }) => file.endsWith('.wasm'))).toHaveLength(2);
      expect(binaries(built)).toEqual(binaries(shipped));
      const total = (sizes: readonly FileSize[]): number => sizes.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(total(built)).toBeLessThan(total(shipped) + 64_000);
    },
  );
});

interface FileSize {
  readonly file: string;
  readonly bytes: number;
}

async function sizesIn(folder: string): Promise<FileSize[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ name, parentPath }) => ({ file: name, bytes: (await stat(path.join(parentPath, name))).size })),
  );
}
