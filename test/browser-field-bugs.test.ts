import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { changedCatalog } from './support/changed-catalog.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { ISOLATED } from './support/static-server.js';

const ask = (policy: string, text = EASY) => ({ domain: 'clinc150', text, policy });
const ANSWER = { output: { label: 'credit_score' } };

/** Bytes that are no graph, under a name of their own. */
const GARBAGE = Buffer.alloc(4096, 7);

describe.skipIf(!HAS_CHROMIUM)('in a page (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('FIELD-BUG 1: a model that cannot be loaded poisons no later one', async () => {
    const weights = {
      path: 'encoders/nano/garbage.onnx',
      bytes: GARBAGE.length,
      sha256: createHash('sha256').update(GARBAGE).digest('hex'),
    };
    const site = await openSite();
    const catalog = changedCatalog(({ models }) => {
      models.find(({ id }) => id === 'nano')!.variants[0]!.weights = weights;
    });
    site.intercept = ({ url }, response) => {
      const content = { '/models/catalog.json': catalog, [`/models/${weights.path}`]: GARBAGE }[url!];
      if (content === undefined) return false;
      response.end(content);
      return true;
    };
    const runtime = await browser.openRuntime(site);
    const embed = (policy: string) => runtime.run({ task: 'feature-extraction', text: EASY, policy });
    const refused = {
      message: 'nano cannot be loaded with wasm.',
      hint: expect.stringContaining('ONNX file'),
      facts: { model: 'nano', provider: 'wasm' },
    };
    await expect(embed('nano')).rejects.toMatchObject(refused);
    expect(await embed('small')).toMatchObject({ tier: 'small' });
    await expect(embed('nano')).rejects.toMatchObject(refused);
    expect(await embed('base')).toMatchObject({ tier: 'base' });
    expect(await embed('small')).toMatchObject({ tier: 'small' });
  });

  it('FIELD-BUG 3: WebGPU without an adapter is no provider, and the profile says why', async () => {
    const runtime = await browser.openRuntime(await openSite());
    const found = await runtime.page.evaluate(async () => {
      const { gpu } = navigator;
      return { hasGpu: gpu !== undefined, adapter: await gpu.requestAdapter() };
    });
    expect(found).toEqual({ hasGpu: true, adapter: null });
    expect(await runtime.run(ask('base', HARD))).toMatchObject({ output: { label: 'freeze_account' } });
    const { providers, refusedProviders } = await runtime.profile();
    expect(providers.map(({ id }) => id)).toEqual(['wasm']);
    expect(refusedProviders).toEqual([{ id: 'webgpu', reason: expect.stringContaining('no adapter') }]);
  });

  it('FIELD-BUG 15: threads that the page may not have are one thread and a warning', async () => {
    const runtime = await browser.openRuntime(await openSite(), { threads: 2 });
    expect(await runtime.run(ask('base'))).toMatchObject(ANSWER);
    const { warnings, failures } = await runtime.told();
    expect(warnings).toEqual([expect.stringContaining('Cross-Origin-Opener-Policy: same-origin')]);
    expect(failures).toEqual([]);
    const profile = await runtime.profile();
    expect(profile).toMatchObject({ wasm: { threads: false }, warnings });
  });

  it('FIELD-BUG 15: a page that is isolated gets its two threads', async () => {
    const site = await openSite({ headers: ISOLATED });
    const runtime = await browser.openRuntime(site, { threads: 2 });
    expect(await runtime.run(ask('base'))).toMatchObject(ANSWER);
    expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
    expect(await runtime.profile()).toMatchObject({ wasm: { threads: true } });
    const started = (script: string): number => site.asked.filter((path) => path === `/terrace/${script}`).length;
    // The second thread of a worker is a worker of this script, too.
    expect(started('ort-wasm-simd-threaded.mjs')).toBe(2 * started('wasm-runtime.js'));
  });
});
