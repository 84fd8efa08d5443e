import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { outcomeOf, PageRuntime } from './support/page-runtime.js';
import type { StaticServer } from './support/static-server.js';

const LOCAL = { domain: 'clinc150', text: EASY, policy: 'nano' };
const REMOTE = { domain: 'clinc150', text: EASY, policy: 'server' };
const ANSWER = { output: { label: 'credit_score' } };

/** A chat server beside the models. @returns the questions that it was asked */
function serveChat(site: StaticServer): string[] {
  const asked: string[] = [];
  site.intercept = ({ url }, response) => {
    if (url !== '/v1/chat/completions') return false;
    asked.push(url);
    const message = { role: 'assistant', content: JSON.stringify({ label: 'credit_score' }) };
    const answer = { choices: [{ index: 0, message, finish_reason: 'stop' }], usage: {} };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    return true;
  };
  return asked;
}

/** A runtime with a server as a tier, and a model in the page's own code as another, which counts its calls. */
async function openWithEndpoints(page: Page): Promise<PageRuntime> {
  await page.evaluate(async () => {
    Object.assign(window, { calls: 0 });
    const model = {
      specificationVersion: 'v3',
      provider: 'page',
      modelId: 'own',
      doGenerate: async () => {
        (window as unknown as { calls: number }).calls++;
        return { content: [{ type: 'text', text: '{"label": "credit_score"}' }], usage: {}, warnings: [] };
      },
    } as never;
    const shared = { placement: 'site', tasks: ['text-classification'], domains: ['clinc150'] } as const;
    const server = { ...shared, id: 'server', protocol: 'openai', url: `${location.origin}/v1`, model: 'm' } as const;
    window.driver.runtime = await window.terrace.createBrowserRuntime({
      catalogUrl: '/models/catalog.json',
      endpoints: [server, { ...shared, id: 'own', model }],
    });
  });
  return PageRuntime.of(page);
}

const setOffline = (page: Page, isOffline: boolean): Promise<void> =>
  outcomeOf(
    page.evaluate((pretends) => window.driver.attempt(() => window.driver.runtime.setOffline(pretends)), isOffline),
  );

describe.skipIf(!HAS_CHROMIUM)('a page that pretends to be offline (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('answers from what is here, fetches nothing, says so in its profile, and goes on when it is taken back', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    expect(await runtime.run(LOCAL)).toMatchObject(ANSWER);
    await setOffline(runtime.page, true);
    expect((await runtime.profile()).network).toBe('offline');
    site.asked.length = 0;
    expect(await runtime.run(LOCAL)).toMatchObject(ANSWER);
    await expect(runtime.run({ ...LOCAL, policy: 'base' })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      facts: { isOffline: true },
    });
    await expect(runtime.refreshCatalog()).rejects.toMatchObject({ facts: { isOffline: true } });
    expect(site.asked.filter((path) => path.startsWith('/models/'))).toEqual([]);
    await setOffline(runtime.page, false);
    expect((await runtime.profile()).network).toBe('online');
    expect(await runtime.run({ ...LOCAL, policy: 'base' })).toMatchObject(ANSWER);
    expect(await runtime.refreshCatalog()).toBe(false);
  });

  it('asks no endpoint, neither a server nor a model of its own', async () => {
    const site = await openSite();
    const asked = serveChat(site);
    const runtime = await openWithEndpoints(await browser.openPage(site));
    expect(await runtime.run(REMOTE)).toMatchObject(ANSWER);
    await setOffline(runtime.page, true);
    asked.length = 0;
    for (const policy of ['server', 'own'])
      await expect(runtime.run({ ...REMOTE, policy })).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    await new Promise((resolve) => void setTimeout(resolve, 1000));
    expect(asked).toEqual([]);
    expect(await runtime.page.evaluate('calls')).toBe(0);
    await setOffline(runtime.page, false);
    await expect.poll(() => runtime.run(REMOTE).catch(String), { timeout: 5000 }).toMatchObject(ANSWER);
  });

  it('answers without a tier of the site, which is away from the first request on: nothing has left the device', async () => {
    const site = await openSite();
    const asked = serveChat(site);
    const runtime = await openWithEndpoints(await browser.openPage(site));
    expect(await runtime.run(LOCAL)).toMatchObject(ANSWER);
    await setOffline(runtime.page, true);
    const result = await runtime.run({ domain: 'clinc150', text: HARD, minConfidence: 0.999 });
    expect(result).toMatchObject({ placement: 'device', sentBytes: 0, verdict: { degraded: 'offline' } });
    const report = await outcomeOf(
      runtime.page.evaluate(() => window.driver.attempt(() => window.driver.runtime.report())),
    );
    expect(report).toMatchObject({ requests: 2, leftDevice: { count: 0 }, sentBytes: { total: 0 } });
    expect(asked).toEqual([]);
  });

  it('answers what has waited as soon as it is taken back, however long the pauses have grown', async () => {
    const site = await openSite();
    serveChat(site);
    const runtime = await openWithEndpoints(await browser.openPage(site));
    const { page } = runtime;
    expect(await runtime.run(REMOTE)).toMatchObject(ANSWER);
    await setOffline(page, true);
    const putOff = await runtime.run({ ...REMOTE, whenOffline: 'queue' }).catch((error: unknown) => error);
    expect(putOff).toMatchObject({ code: 'REQUEST_QUEUED', facts: { requestId: expect.any(String) } });
    const { requestId } = (putOff as { facts: { requestId: string } }).facts;
    await new Promise((resolve) => void setTimeout(resolve, 8000));
    const fromMs = Date.now();
    await setOffline(page, false);
    const state = await page.evaluate((id) => window.driver.runtime.queued.wait(id), requestId);
    expect(state).toMatchObject({ kind: 'done' });
    expect(Date.now() - fromMs).toBeLessThan(4000);
  });

  it('breaks off a download that is under way, and goes on with it later', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    let isSlow = true;
    site.intercept = ({ url }, response) => {
      if (!isSlow || url?.endsWith('.onnx') !== true) return false;
      response.writeHead(200, { 'content-length': 5_008_192, etag: '"x"' }).write(Buffer.alloc(100_000));
      return true;
    };
    const asking = runtime.run(LOCAL).catch((error: unknown) => error);
    await expect.poll(() => site.asked.some((path) => path.endsWith('.onnx')), { timeout: 20_000 }).toBe(true);
    await setOffline(runtime.page, true);
    expect(await asking).toMatchObject({ code: 'DOWNLOAD_FAILED', facts: { isOffline: true } });
    isSlow = false;
    await setOffline(runtime.page, false);
    expect(await runtime.run(LOCAL)).toMatchObject(ANSWER);
  });

  it('is so in all tabs that share the runtime, and stays so when another one leads', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const leader = await browser.openRuntime(site, {}, profile);
    // What the next leader starts with is kept in the background, and not where the network is gone at once.
    expect(await leader.run(LOCAL)).toMatchObject(ANSWER);
    const follower = await browser.openRuntime(site, {}, profile);
    await setOffline(follower.page, true);
    expect((await leader.profile()).network).toBe('offline');
    await leader.page.close();
    expect((await follower.profile()).network).toBe('offline');
    await setOffline(follower.page, false);
    expect((await follower.profile()).network).toBe('online');
  });
});
