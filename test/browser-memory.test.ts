import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EASY, eventsOf } from './support/answers.js';
import { PAGE_FOLDERS } from './support/browser.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { residentBytes } from './support/resident-bytes.js';

const MiB = 2 ** 20;
const ask = { domain: 'clinc150', text: EASY, policy: 'small' };

/** An engine worker whose WebAssembly memory grows by 4 MiB with everything that it is asked. */
const LEAKING = `
const memories = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor) {
    super(descriptor);
    memories.push(this);
  }
};
addEventListener('message', () => {
  for (const memory of memories) if (memory.buffer.byteLength > 2 ** 22) memory.grow(64);
});
${HAS_CHROMIUM ? readFileSync(path.join(PAGE_FOLDERS['/terrace/']!, 'engine-worker.js'), 'utf8') : ''}`;

const engineWorkers = (page: Page): number => page.workers().filter((worker) => worker.url().includes('engine')).length;

describe.skipIf(!HAS_CHROMIUM)('the memory of a page (needs Chromium)', { timeout: 90_000 }, () => {
  const browser = browserOfThisSuite();

  it('is given back by a worker that has outgrown its budget: another one takes its place, and no request fails', async () => {
    const site = await openSite();
    site.intercept = ({ url }, response) => {
      if (url !== '/terrace/engine-worker.js') return false;
      response.setHeader('content-type', 'text/javascript').end(LEAKING);
      return true;
    };
    const runtime = await browser.openRuntime(site);
    const heldBytes = async (): Promise<number> => {
      const { totalBytes, usableBytes } = (await runtime.profile()).memory;
      return totalBytes / 2 - usableBytes;
    };
    await runtime.run(ask);
    const [loadedBytes, loadedWorkers] = [await heldBytes(), engineWorkers(runtime.page)];
    let mostBytes = 0;
    let after = loadedBytes;
    for (let i = 0; i < 500 && after >= mostBytes; i++) {
      mostBytes = after;
      expect(await runtime.run(ask)).toMatchObject({ output: { label: 'credit_score' } });
      after = await heldBytes();
    }
    expect(mostBytes).toBeGreaterThan(1.5 * loadedBytes);
    expect(after).toBeLessThan(mostBytes);
    await expect.poll(() => engineWorkers(runtime.page)).toBe(loadedWorkers);
    expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it.skipIf(process.platform !== 'linux')('stays the same over 20 loads and releases (needs /proc)', async () => {
    const runtime = await browser.openRuntime(await openSite(), { idleUnloadMs: 1 });
    const { page } = runtime;
    const cycle = async (): Promise<number> => {
      expect(eventsOf(await runtime.run(ask), 'load')).toHaveLength(1);
      // One stands by: it holds no model.
      await expect.poll(() => engineWorkers(page), { interval: 10, timeout: 10_000 }).toBeLessThan(2);
      return residentBytes(page.context().browser()!);
    };
    const held: number[] = [];
    for (let i = 0; i < 20; i++) held.push(await cycle());
    const leastOf = (from: number, to: number): number => Math.min(...held.slice(from, to));
    // A heap that stayed behind would be 40 MiB each time.
    expect(leastOf(15, 20) - leastOf(2, 7)).toBeLessThan(40 * MiB);
  });
});
