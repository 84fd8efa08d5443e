import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tinyImageModel } from '@terrace/core/testing';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PAGE_FOLDERS } from './support/browser.js';
import { browserOfThisSuite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { startStaticServer, type StaticServer } from './support/static-server.js';

const { TERRACE_MODELS } = process.env;

/** What a careful page says of itself. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
};
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Pipelines</title>
<script type="module" src="/site/page.js"></script>`;
const SCRIPT = `import * as pipelines from '/terrace/pipeline-page.js';
const engine = pipelines.createBrowserPipelineEngine({
  transformersUrl: '/vendor/transformers.min.js',
  models: '/site/models/',
});
/** What one pipeline says of one input. */
window.ask = async (options, input) => {
  const tier = pipelines.pipelineTier(options)({ engine });
  const { task } = options;
  const ladder = pipelines.createPipelineLadder({ task, tiers: [tier], clock: pipelines.systemClock, random: Math.random });
  const { label, confidence, answer } = await ladder.run(input).finally(() => ladder.close());
  return { label, confidence, kind: answer.kind, length: answer.vector?.length };
};
document.title = 'ready';
`;

async function startSite(): Promise<StaticServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-pipelines-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, content: string | Uint8Array): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  put('page.js', SCRIPT);
  for (const [name, content] of Object.entries(tinyImageModel())) put(path.join('models', 'colours', name), content);
  if (TERRACE_MODELS) symlinkSync(path.join(TERRACE_MODELS, 'peer-minilm-int8'), path.join(folder, 'models', 'minilm'));
  const vendor = path.dirname(fileURLToPath(import.meta.resolve('@huggingface/transformers')));
  const site = await startStaticServer({
    folders: { '/terrace/': PAGE_FOLDERS['/terrace/']!, '/vendor/': vendor, '/site/': folder },
    pages: { '/': PAGE },
    headers: HEADERS,
  });
  onTestFinished(() => site.close());
  return site;
}

interface Said {
  readonly label?: string;
  readonly confidence?: number;
  readonly kind: string;
  readonly length?: number;
}

const ask = (page: Page, options: object, input: object): Promise<Said> =>
  page.evaluate(
    ([given, about]) => (window as unknown as { ask(...args: unknown[]): Promise<Said> }).ask(given, about),
    [options, input] as const,
  );

describe.skipIf(!HAS_CHROMIUM)('pipelines in a page (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('run under a policy without eval, and ask nobody but the site', async () => {
    const site = await startSite();
    const profile = await browser.newProfile();
    const outside: string[] = [];
    await profile.route(
      (url) => url.origin !== new URL(site.url).origin,
      (route) => {
        outside.push(route.request().url());
        return route.abort();
      },
    );
    const page = await profile.newPage();
    onTestFinished(() => page.close());
    await page.goto(site.url);
    await page.waitForFunction(() => document.title === 'ready');
    expect(site.asked.filter((asked) => /vendor|pipeline-worker|onnx|wasm/.test(asked))).toEqual([]);
    const red = await page.evaluate(
      async (options) => {
        const data = new Uint8Array(192).map((_, at) => (at % 3 === 0 ? 255 : 0));
        const input = { kind: 'pixels', data, width: 8, height: 8, channels: 3 };
        return (window as unknown as { ask(...args: unknown[]): Promise<Said> }).ask(options, input);
      },
      { task: 'image-classification', model: 'colours' },
    );
    expect(red).toMatchObject({ label: 'red', kind: 'scores' });
    if (TERRACE_MODELS) {
      const options = { task: 'feature-extraction', model: 'minilm', dtype: 'q8' };
      expect(await ask(page, options, { kind: 'text', text: 'hello' })).toMatchObject({
        kind: 'embedding',
        length: 384,
      });
    }
    await expect(
      ask(page, { task: 'image-classification', model: '../page.js' }, { kind: 'text', text: 'x' }),
    ).rejects.toThrow();
    expect(outside).toEqual([]);
    // The one runtime of this package, and none that the library brings.
    const binaries = site.asked.filter((asked) => asked.endsWith('.wasm'));
    expect([...new Set(binaries)]).toEqual(['/terrace/ort-wasm-simd-threaded.wasm']);
  });
});
