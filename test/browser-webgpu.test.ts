import { describe, expect, it } from 'vitest';
import { GPU_WATCH } from '../packages/browser-host/src/engine/testing/gpu-watch.js';
import { EASY, eventsOf, HARD } from './support/answers.js';
import { browserOfThisTest } from './support/browser-of-suite.js';
import { HAS_CHROMIUM, WEBGPU_FLAGS } from './support/chromium.js';
import {
  gpuBufferBytes,
  loseGpuWhenItComputes,
  openGpuSite,
  SLOW_GPU,
  verdictOn,
  WRONG_GPU,
} from './support/gpu-page.js';
import type { PageOptions, PageRuntime } from './support/page-runtime.js';

const ask = { domain: 'clinc150', text: EASY, policy: 'nano' };
const ANSWER = { output: { label: 'credit_score' }, tier: 'nano' };

const startBrowser = () => browserOfThisTest(WEBGPU_FLAGS);

async function openOnGpu(gpu: Parameters<typeof openGpuSite>[0], options?: PageOptions): Promise<PageRuntime> {
  const site = await openGpuSite(gpu);
  return (await startBrowser()).openRuntime(site, { allowSoftwareGpu: true, ...options });
}

/** The contract of the engine port on WebGPU is held to by `npm run soak`. */
describe.skipIf(!HAS_CHROMIUM)('WebGPU in a page (needs Chromium)', { timeout: 60_000 }, () => {
  it('that is computed on the processor is refused with the reason, and nothing is downloaded for it', async () => {
    const site = await openGpuSite();
    const runtime = await (await startBrowser()).openRuntime(site);
    expect(await runtime.run({ ...ask, text: HARD, policy: 'base' })).toMatchObject({ tier: 'base' });
    const { gpu, providers, refusedProviders } = await runtime.profile();
    expect(gpu).toMatchObject({ architecture: 'swiftshader', isSoftware: true });
    expect(providers.map(({ id }) => id)).toEqual(['wasm']);
    expect(refusedProviders).toEqual([{ id: 'webgpu', reason: expect.stringMatching(/processor.*swiftshader/) }]);
    expect(site.asked.filter((asked) => /webgpu|asyncify/.test(asked))).toEqual([]);
  });

  it('FIELD-BUG 5: answers when golden outputs and WebAssembly agree with it', async () => {
    const runtime = await openOnGpu({});
    const answer = await runtime.run(ask);
    expect(answer).toMatchObject(ANSWER);
    expect(eventsOf(answer, 'failed')).toEqual([]);
    expect(await verdictOn(runtime.page, 'webgpu')).toMatchObject({
      kind: 'passed',
      basis: 'golden',
      numbers: { meanCosine: expect.closeTo(1, 3), largestVariation: expect.closeTo(0, 2) },
    });
    expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('FIELD-BUG 5: that is wrong is noticed before it answers, and not tried at the next visit', async () => {
    const site = await openGpuSite({ script: WRONG_GPU });
    const browser = await startBrowser();
    const profile = await browser.newProfile();
    const visit = () => browser.openRuntime(site, { allowSoftwareGpu: true }, profile);
    const first = await visit();
    const answer = await first.run(ask);
    expect(answer).toMatchObject(ANSWER);
    expect(eventsOf(answer, 'failed')).toMatchObject([{ tier: 'nano', code: 'PROVIDER_WRONG' }]);
    expect(await verdictOn(first.page, 'webgpu')).toMatchObject({ kind: 'failed', basis: 'golden' });
    await first.close();
    const next = await (await visit()).run(ask);
    expect(next).toMatchObject(ANSWER);
    expect(eventsOf(next, 'failed')).toEqual([]);
  });

  it('FIELD-BUG 2: that starts and is hopelessly slow is not waited for: WebAssembly answers', async () => {
    const runtime = await openOnGpu({ flopsPerToken: 4e7, script: SLOW_GPU });
    const answer = await runtime.run(ask);
    expect(answer).toMatchObject(ANSWER);
    expect(eventsOf(answer, 'failed')).toMatchObject([{ message: expect.stringContaining('far slower with webgpu') }]);
    expect(await verdictOn(runtime.page, 'webgpu')).toEqual({ kind: 'outrun' });
    expect(await verdictOn(runtime.page, 'wasm')).toMatchObject({ kind: 'passed', basis: 'golden' });
  });

  it('whose device is lost while it computes is started anew, and the request is answered', async () => {
    const site = await openGpuSite({ script: GPU_WATCH });
    const runtime = await (await startBrowser()).openRuntime(site, { allowSoftwareGpu: true });
    const starts = (): number => site.asked.filter((asked) => asked === '/terrace/ort-webgpu.mjs').length;
    const before = await runtime.run(ask);
    expect([before, starts()]).toMatchObject([ANSWER, 1]);
    await loseGpuWhenItComputes(runtime.page);
    const during = await runtime.run(ask);
    expect(starts()).toBe(2);
    for (const { output, confidence } of [during, await runtime.run(ask)]) {
      expect({ output, confidence }).toEqual({ output: before.output, confidence: before.confidence });
    }
    expect(await gpuBufferBytes(runtime.page)).toBeGreaterThan(1e6);
    expect((await runtime.told()).failures).toEqual([]);
  });

  it('FIELD-BUG 6: is started, let go and started again, and answers the same', async () => {
    const runtime = await openOnGpu({}, { idleUnloadMs: 1 });
    const engineWorkers = () => runtime.page.workers().filter((worker) => worker.url().includes('engine')).length;
    const answers = [];
    for (let i = 0; i < 3; i++) {
      answers.push(await runtime.run(ask));
      expect(eventsOf(answers[i]!, 'load')).toHaveLength(1);
      expect(eventsOf(answers[i]!, 'failed')).toEqual([]);
      // One stands by: it holds no model.
      await expect.poll(engineWorkers, { interval: 10, timeout: 10_000 }).toBeLessThan(2);
    }
    expect(answers[0]).toMatchObject(ANSWER);
    expect(new Set(answers.map(({ confidence }) => confidence)).size).toBe(1);
    expect(await verdictOn(runtime.page, 'webgpu')).toMatchObject({ kind: 'passed' });
  });

  it('FIELD-BUG 7: holds as much memory after many runs as after few', async () => {
    const runtime = await openOnGpu({ script: GPU_WATCH });
    const texts = [EASY, 'move ten pounds', 'where is my parcel and when will it arrive'];
    const round = async (): Promise<number> => {
      for (const text of texts) await runtime.run({ ...ask, text });
      return gpuBufferBytes(runtime.page);
    };
    const heldBytes = [await round(), await round()];
    for (let i = 0; i < 8; i++) heldBytes.push(await round());
    expect(heldBytes[0]).toBeGreaterThan(1e6);
    expect(new Set(heldBytes.slice(1)).size).toBe(1);
  });
});
