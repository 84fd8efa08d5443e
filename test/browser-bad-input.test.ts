import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRequest, TerraceError } from '@terrace/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { EASY } from './support/answers.js';
import { PAGE_FOLDERS } from './support/browser.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { changedCatalog } from './support/changed-catalog.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { PageRuntime, type PageOptions } from './support/page-runtime.js';
import type { StaticServer } from './support/static-server.js';

const domain = 'clinc150';

/** The server answers with this in the place of a file. */
function replace(site: StaticServer, file: string, status: number, type: string, content: string): void {
  site.intercept = ({ url }, response) => {
    if (url !== file) return false;
    response.writeHead(status, { 'content-type': type }).end(content);
    return true;
  };
}

describe.skipIf(!HAS_CHROMIUM)('a page is told what is wrong (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();
  const visit = browser.visitOfThisSuite();
  beforeEach(() => void (visit().site.intercept = () => false));

  it.each<[string, unknown]>([
    ['an unknown field', { domain, text: 'hello', txt: 'hello' }],
    ['a number that is none', { domain, text: 'hello', deadlineMs: Number.NaN }],
    ['NUL', { domain, text: 'he\0llo' }],
    ['half of a surrogate pair', { domain, text: 'he\ud800llo' }],
    ['64 KiB and a byte', { domain, text: 'a'.repeat(65_537) }],
    ['64 KiB and a byte of two-byte letters', { domain, text: `${'é'.repeat(32_768)}a` }],
    ['nothing but white space', { domain, text: ' \n' }],
    ['no text', { domain }],
    ['no request', null],
  ])('with a request: %s, in the words of Node', async (_, input) => {
    const expected = errorOf(() => parseRequest(input));
    const { message, code, hint, facts } = expected;
    const { runtime } = visit();
    await expect(runtime.run(input as object)).rejects.toMatchObject({ message, code, hint, facts });
    await expect(runtime.steps(input as object)).rejects.toMatchObject({ message, code, hint, facts });
  });

  it('with feedback that is none, and not with feedback that is some', async () => {
    const { page } = visit().runtime;
    const say = (feedback: object) =>
      page.evaluate(
        (said) => window.driver.attempt(() => window.driver.runtime.recordFeedback(said as never)),
        feedback,
      );
    expect(await say({ requestId: 'a', right: 'yes' })).toMatchObject({
      failure: { code: 'INVALID_REQUEST', message: expect.stringContaining('right') },
    });
    expect(await say({ requestId: 'a', right: false, correction: 'freeze_account' })).toEqual({});
  });

  it('with a request: a domain that is not there, as an error that is one of Terrace also in the page', async () => {
    const { page } = visit().runtime;
    const found = await page.evaluate(async () => {
      const error: unknown = await window.driver.runtime.run({ text: 'hello', domain: 'zoo' }).catch((e: unknown) => e);
      return { isTerraceError: window.terrace.TerraceError.isInstance(error), ...window.driver.failureOf(error) };
    });
    expect(found).toMatchObject({
      isTerraceError: true,
      name: 'UnknownDomainError',
      code: 'UNKNOWN_DOMAIN',
      hint: expect.stringContaining('Domains: banking77, clinc150.'),
      facts: { domain: 'zoo' },
    });
  });

  it('with a request: something that is no data', async () => {
    const { page } = visit().runtime;
    const ask = () =>
      window.driver.attempt(() => window.driver.runtime.run({ text: 'hello', toText: () => 'hello' } as never));
    expect(await page.evaluate(ask)).toMatchObject({ failure: { code: 'INVALID_REQUEST' } });
  });

  it('with the longest text it answers', async () => {
    const result = await visit().runtime.run({ domain, text: 'a'.repeat(65_536), policy: 'nano' });
    expect(result).toMatchObject({ tier: 'nano', verdict: { kind: 'abstain' } });
  });

  it.each<[string, object]>([
    ['catalogUrl', { catalogUrl: undefined }],
    ['catalogUrl', { catalogUrl: 'http://[' }],
    ['catalogUrl', { catalogUrl: 'data:application/json,{}' }],
    ['assetsUrl', { assetsUrl: 7 }],
    ['memoryBytes', { memoryBytes: '2 GB' }],
    ['idleUnloadMs', { idleUnloadMs: Number.NaN }],
    ['threads', { threads: 0 }],
    ['trustedKeys', { trustedKeys: 'a key' }],
  ])('with an option: %s (%o)', async (option, options) => {
    await expect(PageRuntime.open(visit().runtime.page, options as PageOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(option),
      facts: { option },
    });
  });

  it.each([
    ['is not there', 404, 'text/html', '<!doctype html><title>Not found</title>', 'DOWNLOAD_FAILED', 'is not there'],
    ['is a web page', 200, 'text/html', '<!doctype html><title>Home</title>', 'DOWNLOAD_FAILED', 'sends a web page'],
    ['is a web page called JSON', 200, 'application/json', '\n<html>', 'DOWNLOAD_FAILED', 'sends a web page'],
    ['is cut off', 200, 'application/json', '{"format":1,', 'INVALID_CATALOG', 'is not JSON'],
    ['is empty', 200, 'application/json', '', 'INVALID_CATALOG', 'is not JSON'],
    ['is something else', 200, 'application/json', '[]', 'INVALID_CATALOG', 'wrong at the top level'],
    [
      'was edited',
      200,
      'application/json',
      changedCatalog(() => undefined).replace('"nano"', '"mano"'),
      'INVALID_CATALOG',
      'its revision is that of other content',
    ],
  ])('with the catalog: it %s', async (_, status, type, content, code, words) => {
    const { site } = visit();
    replace(site, '/models/catalog.json', status, type, content);
    await expect(browser.openRuntime(site)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
      hint: expect.stringMatching(/./),
    });
  });

  it.each([
    ['is not there', 404, 'text/html', 'Not found'],
    ['is a web page', 200, 'text/html', '<!doctype html><title>Home</title>'],
    ['is no script', 200, 'text/javascript', 'const = ;'],
  ])('with the script of the runtime: it %s', async (_, status, type, content) => {
    const { site } = visit();
    replace(site, '/terrace/runtime-worker.js', status, type, content);
    await expect(browser.openRuntime(site)).rejects.toMatchObject({
      code: 'ASSETS_MISSING',
      hint: expect.stringContaining('dist/bundle'),
      facts: { url: `${site.url}/terrace/runtime-worker.js` },
    });
  });

  it('with the script of the runtime: it is of another release than the page', async () => {
    const { site } = visit();
    const script = readFileSync(path.join(PAGE_FOLDERS['/terrace/']!, 'runtime-worker.js'), 'utf8');
    replace(site, '/terrace/runtime-worker.js', 200, 'text/javascript', script.replaceAll('0.1.0', '0.2.0'));
    await expect(browser.openRuntime(site)).rejects.toMatchObject({
      code: 'ASSETS_MISSING',
      message: "The page's script is of release 0.1.0 and the runtime's is of release 0.2.0.",
    });
  });

  it.each(['engine-worker.js', 'wasm-runtime.js', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])(
    'with %s: it is a web page; and once it is there a request is answered',
    async (file) => {
      const site = await openSite();
      replace(site, `/terrace/${file}`, 200, 'text/html', '<!doctype html><title>Home</title>');
      const runtime = await browser.openRuntime(site);
      const ask = { domain, text: EASY, policy: 'base' };
      await expect(runtime.run(ask)).rejects.toMatchObject({
        code: 'ENGINE_FAILED',
        message: expect.stringContaining(site.url),
        hint: expect.stringContaining('Serve'),
      });
      site.intercept = () => false;
      expect(await runtime.run(ask)).toMatchObject({ output: { label: 'credit_score' } });
    },
  );
});

function errorOf(work: () => unknown): TerraceError {
  try {
    work();
  } catch (error) {
    if (TerraceError.isInstance(error)) return error;
  }
  throw new Error('no error of Terrace');
}
