import { exampleEndpoint } from '@terrace/core/testing';
import { createNodeRuntime, type NodeRuntime } from '@terrace/node-host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EASY, HARD, homeOfThisFile } from './support/answers.js';
import { openSite } from './support/browser-of-suite.js';
import { changedCatalog } from './support/changed-catalog.js';
import { firefoxOfThisSuite, HAS_FIREFOX } from './support/firefox.js';
import { outcomeOf } from './support/page-runtime.js';
import { ROWS } from './support/rows.js';
import { SHIPPED } from './support/run-cli.js';
import { sharedWorkerParts } from './support/shared-worker-parts.js';
import type { StaticServer } from './support/static-server.js';

const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);

const TEXTS = [...ROWS.map(({ text }) => text), 'how tall is the eiffel tower', 'я хочу заморозить счёт'];
const ask = { domain: 'clinc150', text: HARD };
const ANSWER = { path: ['nano', 'base'], output: { label: 'freeze_account' } };
const isOfModels = (path: string): boolean => path.startsWith('/models/');

/** What a driver stops is tried again; see `firefoxOfThisSuite`. */
const DRIVEN = { timeout: 60_000, retry: 1 } as const;

/** Of catalog and models nothing comes any more. @returns what was asked for */
function refuseModels(site: StaticServer): string[] {
  const refused: string[] = [];
  site.intercept = ({ url = '' }, response) => {
    if (!isOfModels(url)) return false;
    refused.push(url);
    response.destroy();
    return true;
  };
  return refused;
}

/** How many records a log of the ledger holds: runs in the page. */
const ledgerRecords = (log: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('terrace-ledger');
    opening.addEventListener('error', () => reject(opening.error!));
    opening.addEventListener('success', () => {
      const database = opening.result;
      const rows = database.transaction(log).objectStore(log).getAll();
      rows.addEventListener('success', () => {
        database.close();
        resolve(rows.result.flat().length);
      });
    });
  });

describe.skipIf(!HAS_FIREFOX)('in a page of Firefox (needs Firefox)', DRIVEN, () => {
  const firefox = firefoxOfThisSuite();
  const home = homeOfThisFile();
  let node: NodeRuntime;
  beforeAll(async () => {
    node = await createNodeRuntime({ home, modelsFolder: SHIPPED, engineWorkerUrl: BUILT_WORKER });
  });
  afterAll(() => node?.close());

  it('answers are those of Node: label, tiers and verdict', async () => {
    const runtime = await firefox.openRuntime(await openSite());
    for (const text of TEXTS) {
      for (const policy of ['cascade', 'nano', 'base']) {
        const input = { domain: 'clinc150', text, policy };
        const [here, there] = await Promise.all([runtime.run(input), node.run(input)]);
        expect(here, `${policy}: ${text}`).toMatchObject({
          output: { label: (there.output as { readonly label: string }).label },
          tier: there.tier,
          path: there.path,
          verdict: { kind: there.verdict.kind },
        });
        expect(here.confidence).toBeCloseTo(there.confidence!, 1);
      }
    }
    expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('the device is known: WebAssembly with its rates, and no graphics processor for a reason', async () => {
    const runtime = await firefox.openRuntime(await openSite());
    const profile = await runtime.profile();
    expect(profile).toMatchObject({
      host: 'browser',
      browser: { name: 'Firefox', version: expect.stringMatching(/^\d+$/), isMobile: false },
      wasm: { simd: true, threads: false },
      providers: [{ id: 'wasm' }],
      refusedProviders: [{ id: 'webgpu', reason: expect.any(String) }],
      network: 'online',
    });
    expect(profile.memory.usableBytes).toBeGreaterThan(500e6);
    expect(profile.storage.freeBytes).toBeGreaterThan(100e6);
  });

  it('a tab leads the others, as a shared worker writes no files at once', async () => {
    const { page } = await firefox.openRuntime(await openSite());
    expect(await page.evaluate(sharedWorkerParts)).toEqual({ startsWorkers: true, writesFilesAtOnce: false });
  });

  it('a second visit downloads nothing, and one after the browser was ended starts without the server', async () => {
    const site = await openSite();
    const first = await firefox.openRuntime(site);
    expect(await first.run(ask)).toMatchObject(ANSWER);
    await first.close();
    site.asked.length = 0;
    const second = await firefox.openRuntime(site);
    expect(await second.run(ask)).toMatchObject(ANSWER);
    expect(site.asked.filter(isOfModels)).toEqual(['/models/catalog.json']);
    await second.close();
    await firefox.restart();
    const refused = refuseModels(site);
    const third = await firefox.openRuntime(site);
    expect(await third.run(ask)).toMatchObject(ANSWER);
    expect(await third.run({ ...ask, text: EASY })).toMatchObject({ path: ['nano'] });
    expect(new Set(refused)).toEqual(new Set(['/models/catalog.json']));
    expect(await third.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('outcomes and feedback are kept in the ledger', async () => {
    const runtime = await firefox.openRuntime(await openSite());
    const { requestId } = await runtime.run(ask);
    const keep = (id: string) =>
      window.driver.attempt(async () => {
        await window.driver.runtime.recordFeedback({ requestId: id, right: false, correction: 'card_declined' });
        await window.driver.runtime.flush();
      });
    await outcomeOf(runtime.page.evaluate(keep, requestId));
    expect(await runtime.page.evaluate(ledgerRecords, 'outcomes')).toBe(1);
    expect(await runtime.page.evaluate(ledgerRecords, 'feedback')).toBe(1);
  });

  it('a request that waits for the network is answered when it is back, at a later visit', async () => {
    const site = await openSite();
    const endpoint = exampleEndpoint({
      id: 'cloud',
      placement: 'cloud',
      protocol: 'openai',
      url: `${site.url}/v1`,
      model: 'large',
      tasks: ['text-classification'],
      labels: ['yes', 'no'],
    });
    const catalog = changedCatalog((changed) => {
      Object.assign(changed, { models: [], deltas: [], domains: [], ladders: [], endpoints: [endpoint] });
    });
    const message = { role: 'assistant', content: '{"label":"yes"}' };
    let isReachable = false;
    site.intercept = ({ url = '' }, response) => {
      if (url === '/models/catalog.json') response.end(catalog);
      else if (!url.startsWith('/v1/')) return false;
      else if (!isReachable) response.destroy();
      else
        response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ choices: [{ index: 0, message }] }));
      return true;
    };
    const before = await firefox.openRuntime(site, { hedging: false });
    const failure = await before.run({ text: 'shall we', whenOffline: 'queue' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'REQUEST_QUEUED', facts: { requestId: expect.any(String) } });
    const { requestId } = (failure as { readonly facts: { readonly requestId: string } }).facts;
    await before.close();
    isReachable = true;
    const after = await firefox.openRuntime(site, { hedging: false });
    const wait = (id: string) => window.driver.attempt(() => window.driver.runtime.queued.wait(id));
    const state = await outcomeOf(after.page.evaluate(wait, requestId));
    expect(state).toMatchObject({ kind: 'done', result: expect.stringContaining('"label":"yes"') });
  });

  it('closing ends the workers, and a runtime after it in another tab answers', async () => {
    const site = await openSite();
    const runtime = await firefox.openRuntime(site);
    expect(await runtime.run(ask)).toMatchObject(ANSWER);
    expect(runtime.page.hasWorkers()).toBe(true);
    await runtime.close();
    await expect(runtime.run(ask)).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
    await expect.poll(() => runtime.page.hasWorkers(), { timeout: 10_000 }).toBe(false);
    expect(await (await firefox.openRuntime(site)).run(ask)).toMatchObject(ANSWER);
  });

  it('two tabs share a runtime and each file; when the one that leads is closed, the other answers what is under way', async () => {
    const site = await openSite();
    const leader = await firefox.openRuntime(site);
    const follower = await firefox.openRuntime(site);
    site.asked.length = 0;
    expect(await Promise.all([leader.run(ask), follower.run(ask)])).toMatchObject([ANSWER, ANSWER]);
    const files = site.asked.filter((path) => /^\/models\/(encoders|deltas)\/(?!golden)/.test(path));
    expect(files.filter((each, i) => files.indexOf(each) !== i)).toEqual([]);
    expect([leader, follower].map(({ page }) => page.hasWorkers())).toEqual([true, false]);
    const underWay = Array.from({ length: 20 }, (_, i) => follower.run({ ...ask, text: `${HARD} ${i}` }));
    await leader.page.close();
    expect((await Promise.all(underWay)).map(({ path }) => path.at(-1))).toEqual(underWay.map(() => 'base'));
    expect(follower.page.hasWorkers()).toBe(true);
  });
});

describe.skipIf(!HAS_FIREFOX).each([
  ['in a private window', { 'browser.privatebrowsing.autostart': true }, []],
  ['where sites may store nothing', { 'network.cookie.cookieBehavior': 2 }, ['cannot be stored']],
])('in Firefox %s (needs Firefox)', DRIVEN, (_, preferences, moreWarnings) => {
  const firefox = firefoxOfThisSuite(preferences);

  it('models run from memory, and a warning says so', async () => {
    const runtime = await firefox.openRuntime(await openSite());
    for (const text of [EASY, HARD]) await runtime.run({ ...ask, text });
    expect(await runtime.run(ask)).toMatchObject(ANSWER);
    const { warnings, failures } = await runtime.told();
    expect(failures).toEqual([]);
    const words = ['is used without being stored', ...moreWarnings];
    expect(warnings.toSorted()).toEqual(words.map((each) => expect.stringContaining(each)).toReversed());
    await runtime.close();
    const wipe = () => window.driver.attempt(() => window.terrace.wipe());
    expect((await outcomeOf(runtime.page.evaluate(wipe))).left).toEqual([]);
  });
});
