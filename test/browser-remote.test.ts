import { exampleEndpoint } from '@terrace/core/testing';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EASY, eventsOf } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { changedCatalog } from './support/changed-catalog.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { outcomeOf, PageRuntime } from './support/page-runtime.js';
import type { StaticServer } from './support/static-server.js';

/** Domains with their labels, and models that no browser runs. */
const FOR_SERVERS = changedCatalog(({ models }) => {
  for (const { variants } of models) for (const variant of variants) variant.providers = ['cpu'];
});
/** No page needs any of these that runs no model itself. */
const HEAVY = /engine-worker|ort|wasm|models\/encoders/;

async function openSiteWith(catalog: string): Promise<StaticServer> {
  const site = await openSite();
  site.intercept = ({ url }, response) => {
    if (url !== '/models/catalog.json') return false;
    response.end(catalog);
    return true;
  };
  return site;
}

/** A runtime with a model in the page's own code: it names the label that the text is, or does what another text says. */
async function openWithModel(page: Page): Promise<PageRuntime> {
  const open = () =>
    window.driver.attempt(async () => {
      const { warnings } = window.driver.told;
      const model = {
        specificationVersion: 'v3',
        provider: 'page',
        modelId: 'own',
        supportedUrls: {},
        async doGenerate({ prompt, abortSignal }: LanguageModelCall) {
          const [{ text }] = prompt.at(-1)!.content;
          if (text === 'too much') throw Object.assign(new Error(), { name: 'AI_APICallError', statusCode: 429 });
          if (text === 'wait') {
            await new Promise<void>((resolve) => abortSignal.addEventListener('abort', () => resolve()));
            warnings.push('the model was told to end');
          }
          return {
            content: [{ type: 'text', text: JSON.stringify({ label: text }) }],
            usage: {},
            close: () => undefined,
          };
        },
      };
      window.driver.runtime = await window.terrace.createBrowserRuntime({
        catalogUrl: '/models/catalog.json',
        endpoints: [{ id: 'own', placement: 'cloud', tasks: ['text-classification'], model: model as never }],
        hedging: false,
        onWarning: (message) => warnings.push(message),
      });
    });
  await outcomeOf(page.evaluate(open));
  return PageRuntime.of(page);
}

/** What of it the model above reads. */
interface LanguageModelCall {
  readonly prompt: readonly { readonly content: readonly [{ readonly text: string }] }[];
  readonly abortSignal: AbortSignal;
}

describe.skipIf(!HAS_CHROMIUM)('a page with remote tiers only (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('answers by a model in its own code, and loads nothing that runs models', async () => {
    const site = await openSiteWith(FOR_SERVERS);
    const runtime = await openWithModel(await browser.openPage(site));
    const result = await runtime.run({ domain: 'clinc150', text: 'credit_score' });
    expect(result).toMatchObject({ tier: 'own', placement: 'cloud', path: ['own'], output: { label: 'credit_score' } });
    expect(eventsOf(result, 'call')).toMatchObject([{ tier: 'own', protocol: 'ai-sdk', calls: 1 }]);
    expect((await runtime.profile()).providers).toEqual([]);
    expect(site.asked).toContain('/terrace/remote.js');
    expect(site.asked.filter((path) => HEAVY.test(path))).toEqual([]);
    expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('is told how its own model failed', async () => {
    const runtime = await openWithModel(await browser.openPage(await openSiteWith(FOR_SERVERS)));
    await expect(runtime.run({ domain: 'clinc150', text: 'too much' })).rejects.toMatchObject({
      code: 'ENDPOINT_OVERLOADED',
      hint: expect.stringContaining('send less'),
      facts: { endpoint: 'own', status: 429 },
    });
  });

  it('tells its own model when nobody waits for it any more', async () => {
    const runtime = await openWithModel(await browser.openPage(await openSiteWith(FOR_SERVERS)));
    const failure = await runtime.page.evaluate(async () => {
      const control = new AbortController();
      setTimeout(() => control.abort(new Error('the user left')), 500);
      const ask = { domain: 'clinc150', text: 'wait' };
      return window.driver.attempt(() => window.driver.runtime.run(ask, { signal: control.signal }));
    });
    expect(failure).toMatchObject({ failure: { message: 'the user left' } });
    await expect.poll(async () => (await runtime.told()).warnings).toEqual(['the model was told to end']);
  });

  it('asks an endpoint of the catalog, where the catalog has nothing else', async () => {
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
    const answers: Record<string, string> = {
      '/models/catalog.json': catalog,
      '/v1/chat/completions': JSON.stringify({ choices: [{ index: 0, message }] }),
    };
    site.intercept = ({ url = '' }, response) => {
      if (answers[url] !== undefined) response.setHeader('content-type', 'application/json').end(answers[url]);
      return answers[url] !== undefined;
    };
    const runtime = await browser.openRuntime(site);
    expect(await runtime.run({ text: 'shall we' })).toMatchObject({ tier: 'cloud', output: { label: 'yes' } });
    expect(site.asked.filter((path) => HEAVY.test(path))).toEqual([]);
  });

  it('and one with local tiers only loads nothing that asks endpoints, or that another provider needs', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    expect(await runtime.run({ domain: 'clinc150', text: EASY })).toMatchObject({ path: ['nano'] });
    await runtime.prepare({ domain: 'clinc150' });
    expect(site.asked.filter((path) => /remote|webgpu|asyncify/.test(path))).toEqual([]);
  });
});
