import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite } from './support/browser-of-suite.js';
import { changedCatalog } from './support/changed-catalog.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import type { StaticServer } from './support/static-server.js';

const ask = { domain: 'clinc150', text: HARD };
const ANSWER = { path: ['nano', 'base'], output: { label: 'freeze_account' } };
/** By the lightest model alone: enough where it is the catalog that is asked about. */
const easy = { ...ask, text: EASY };
const EASY_ANSWER = { path: ['nano'], output: { label: 'credit_score' } };
const FIRST_VISIT_MS = 60_000;
const isOfModels = (path: string): boolean => path.startsWith('/models/');

/** The page and its scripts come; of models and catalog nothing does. @returns what was asked for */
function refuseModels(site: StaticServer, how: 'hang-up' | 'silence' | number): string[] {
  const refused: string[] = [];
  site.intercept = ({ url = '' }, response) => {
    if (!isOfModels(url)) return false;
    refused.push(url);
    if (how === 'hang-up') response.destroy();
    if (typeof how === 'number') response.writeHead(how).end();
    return true;
  };
  return refused;
}

function replaceCatalog(site: StaticServer, text: string): void {
  site.intercept = ({ url }, response) => {
    if (url !== '/models/catalog.json') return false;
    response.end(text);
    return true;
  };
}

/** Puts the first half of a catalog's text in the place of the kept one. @returns how many there were */
const cutKeptCatalog = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error!));
      });
    const database = await done(indexedDB.open('terrace-store'));
    const [name = ''] = database.objectStoreNames;
    const store = database.transaction(name, 'readwrite').objectStore(name);
    const keys = (await done(store.getAllKeys())).filter((key) => String(key).startsWith('catalog '));
    for (const key of keys) {
      const kept: { readonly text: string } = await done(store.get(key));
      await done(store.put({ text: kept.text.slice(0, kept.text.length >> 1) }, key));
    }
    database.close();
    return keys.length;
  });

describe.skipIf(!HAS_CHROMIUM)('a second visit (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();
  const visit = browser.visitOfThisSuite();
  const comeAgain = () => browser.openRuntime(visit().site, {}, visit().profile);

  beforeAll(async () => {
    const { runtime } = visit();
    expect(await runtime.run(ask)).toMatchObject(ANSWER);
    await runtime.close();
  }, FIRST_VISIT_MS);
  beforeEach(() => void (visit().site.intercept = () => false));

  it.each(['hang-up', 'silence', 503] as const)(
    'answers from what is kept when all that comes from the server is: %s',
    async (how) => {
      const refused = refuseModels(visit().site, how);
      const runtime = await comeAgain();
      expect(await runtime.run(ask)).toMatchObject(ANSWER);
      expect(await runtime.run(easy)).toMatchObject(EASY_ANSWER);
      expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
      expect(new Set(refused)).toEqual(new Set(['/models/catalog.json']));
    },
  );

  it.each([
    ['is cut off', '{"format": 1, "mod', 'INVALID_CATALOG', 'is not JSON'],
    ['is a web page', '<!doctype html><title>Sign in</title>', 'DOWNLOAD_FAILED', 'sends a web page'],
    [
      'is not what its revision says',
      changedCatalog(() => undefined).replace('"nano"', '"mano"'),
      'INVALID_CATALOG',
      'its revision is that of other content',
    ],
  ])('goes on with the kept catalog when a new one %s, and says so', async (_, text, code, words) => {
    replaceCatalog(visit().site, text);
    const runtime = await comeAgain();
    expect(await runtime.run(easy)).toMatchObject(EASY_ANSWER);
    const warnings = async () => (await runtime.told()).warnings;
    await expect
      .poll(warnings, { timeout: 10_000 })
      .toEqual([expect.stringMatching(new RegExp(`^The catalog that was kept goes on: .*${words}`))]);
    await expect(runtime.refreshCatalog()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await runtime.run(easy)).toMatchObject(EASY_ANSWER);
  });

  it('fetches the catalog anew when the kept one is damaged', async () => {
    const { site } = visit();
    const page = await browser.openPage(site, visit().profile);
    expect(await cutKeptCatalog(page)).toBe(1);
    refuseModels(site, 404);
    await expect(comeAgain()).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      facts: { status: 404 },
    });
    site.intercept = () => false;
    site.asked.length = 0;
    expect(await (await comeAgain()).run(ask)).toMatchObject(ANSWER);
    expect(site.asked.filter(isOfModels)).toEqual(['/models/catalog.json']);
  });

  it('uses a newer catalog once it was looked for, and fetches nothing that is the same in it', async () => {
    const { site } = visit();
    const runtime = await comeAgain();
    const { revision } = await runtime.catalog();
    expect(await runtime.refreshCatalog()).toBe(false);
    replaceCatalog(
      site,
      changedCatalog(({ models }) => void (models[0]!.publisher = 'somebody else')),
    );
    site.asked.length = 0;
    expect(await runtime.refreshCatalog()).toBe(true);
    const newer = await runtime.catalog();
    expect(newer.revision).not.toBe(revision);
    expect(newer.models[0]!.publisher).toBe('somebody else');
    const result = await runtime.run(ask);
    expect(result).toMatchObject({
      ...ANSWER,
      trace: expect.arrayContaining([expect.objectContaining({ kind: 'plan', catalogRevision: newer.revision })]),
    });
    expect(site.asked.filter(isOfModels)).toEqual(['/models/catalog.json']);
  });
});
