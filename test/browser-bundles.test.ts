import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EASY, HARD, homeOfThisFile } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { changedCatalog } from './support/changed-catalog.js';
import { exportTo, importFile } from './support/page-bundles.js';
import { PageRuntime } from './support/page-runtime.js';
import { temporaryFolder, terrace } from './support/run-cli.js';
import type { StaticServer } from './support/static-server.js';
import { storedBytes, weightsOf } from './support/stored-files.js';

const ask = { domain: 'clinc150', text: HARD };
const ANSWER = { path: ['nano', 'base'], output: { label: 'freeze_account' }, verdict: { calibrated: true } };

/** The publisher's state folder, with one key and one bundle of clinc150. */
const publisher = homeOfThisFile();
const bundle = path.join(publisher, 'clinc150.terrace');
const trusted = (): string[] => [
  (JSON.parse(readFileSync(path.join(publisher, 'acme.key'), 'utf8')) as { publicKey: string }).publicKey,
];

beforeAll(async () => {
  await done(['keys', 'create', '--owner', 'ACME'], publisher);
  await done(['keys', 'export', 'ACME', '--out', path.join(publisher, 'acme.key')], publisher);
  await done(['models', 'bundle', '--out', bundle, '--domain', 'clinc150'], publisher);
}, 60_000);

async function done(args: readonly string[], home: string, models?: string) {
  const outcome = await terrace(args, { home, ...(models !== undefined && { models }) });
  expect(outcome).toMatchObject({ code: 0 });
  return outcome;
}

const isOfModels = (url = ''): boolean => url.startsWith('/models/');

/** The server has the page and no models. */
function withoutModels(site: StaticServer): string[] {
  const refused: string[] = [];
  site.intercept = ({ url }, response) => {
    if (!isOfModels(url)) return false;
    refused.push(url!);
    response.writeHead(404).end();
    return true;
  };
  return refused;
}

describe.skipIf(!HAS_CHROMIUM)('a bundle in a page (needs Chromium)', { timeout: 90_000 }, () => {
  const browser = browserOfThisSuite();

  it('makes a first start without a server of models, and every later one', async () => {
    const site = await openSite();
    const refused = withoutModels(site);
    const profile = await browser.newProfile();
    const first = await browser.openRuntime(site, { catalogUrl: null, trustedKeys: trusted() }, profile);
    expect((await first.catalog()).models).toEqual([]);
    await expect(first.run(ask)).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });

    const imported = await importFile(first.page, bundle);
    expect(imported).toMatchObject({
      models: ['nano', 'small', 'base'],
      deltas: ['clinc150/base', 'clinc150/nano', 'clinc150/small'],
      calibrated: ['clinc150'],
      signer: { kind: 'trusted' },
    });
    expect(imported.shares.at(-1)).toBe(1);
    expect(imported.shares).toEqual(imported.shares.toSorted((a, b) => a - b));
    expect((await first.catalog()).models.map(({ id }) => id)).toEqual(['nano', 'small', 'base']);
    expect(await first.run(ask)).toMatchObject(ANSWER);
    expect(await first.told()).toMatchObject({ warnings: [], failures: [] });
    await first.close();

    // A page that names a catalog nobody serves begins with what was imported.
    for (const catalogUrl of [null, '/models/catalog.json']) {
      const again = await browser.openRuntime(site, { catalogUrl, trustedKeys: trusted() }, profile);
      expect(await again.run(ask)).toMatchObject(ANSWER);
      expect(await again.run({ ...ask, text: EASY })).toMatchObject({ path: ['nano'] });
      expect(await again.told()).toMatchObject({ warnings: [], failures: [] });
      await again.close();
    }
    expect(new Set(refused.map((url) => path.posix.basename(url)))).toEqual(
      new Set(['catalog.json', 'catalog.sig.json']),
    );
  });

  it('brings files that the server has, too, without pinning the page to them', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const { revision } = await runtime.catalog();
    await importFile(runtime.page, bundle, { trustedKeys: trusted() });
    expect((await runtime.catalog()).revision).toBe(revision);
    site.asked.length = 0;
    expect(await runtime.run(ask)).toMatchObject(ANSWER);
    expect(site.asked.filter((url) => isOfModels(url) && !url.endsWith('golden.json'))).toEqual([]);
    expect(await storedBytes(runtime.page, weightsOf('base').sha256)).toBe(weightsOf('base').bytes);
  });

  it('stays in force when the server has a newer catalog, and after the next start', async () => {
    const site = await openSite();
    // A server without the domain of the bundle.
    const without = changedCatalog((catalog) => {
      catalog.deltas = catalog.deltas.filter(({ domain }) => domain !== 'clinc150');
      catalog.domains = catalog.domains.filter(({ id }) => id !== 'clinc150');
    });
    const serve = (text: string): void => {
      site.intercept = ({ url }, response) => {
        if (url !== '/models/catalog.json') return false;
        response.end(text);
        return true;
      };
    };
    serve(without);
    const profile = await browser.newProfile();
    const first = await browser.openRuntime(site, {}, profile);
    await expect(first.run(ask)).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });
    await importFile(first.page, bundle, { trustedKeys: trusted() });
    expect(await first.run(ask)).toMatchObject(ANSWER);
    serve(
      changedCatalog((catalog) => {
        catalog.deltas = catalog.deltas.filter(({ domain }) => domain !== 'clinc150');
        catalog.domains = [];
      }),
    );
    expect(await first.refreshCatalog()).toBe(true);
    expect((await first.catalog()).domains.map(({ id }) => id)).toEqual(expect.arrayContaining(['clinc150']));
    expect(await first.run(ask)).toMatchObject(ANSWER);
    await first.close();
    const again = await browser.openRuntime(site, {}, profile);
    expect(await again.run(ask)).toMatchObject(ANSWER);
    expect(await again.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('is made of what is here, and read by the command and by another page', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    await expect(exportTo(runtime.page, 'nowhere')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
    expect(await runtime.run(ask)).toMatchObject(ANSWER);
    const file = path.join(temporaryFolder(), 'page.terrace');
    const exported = await exportTo(runtime.page, file, { domain: 'clinc150' });
    expect(exported).toEqual({
      models: ['nano', 'base'],
      deltas: ['clinc150/base', 'clinc150/nano'],
      calibrated: ['clinc150'],
      leftOut: ['small', 'clinc150/small'],
    });
    await expect(exportTo(runtime.page, 'nowhere', { ids: ['other'] })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });

    const home = temporaryFolder();
    const refused = await terrace(['models', 'import', file, '--json'], { home });
    expect(refused.code).toBe(2);
    expect(refused.stdout).toContain('SIGNER_UNTRUSTED');
    await done(['models', 'import', file, '--allow-unsigned'], home);
    const { stdout } = await done(['run', '--domain', 'clinc150', '--json', HARD], home);
    expect(JSON.parse(stdout)).toMatchObject({ output: { label: 'freeze_account' } });

    withoutModels(site);
    const other = await browser.openRuntime(site, { catalogUrl: null });
    await expect(importFile(other.page, file)).rejects.toMatchObject({
      code: 'SIGNER_UNTRUSTED',
      facts: { reason: 'unsigned' },
    });
    expect(await importFile(other.page, file, { allowUnsigned: true })).toMatchObject({ signer: { kind: 'unsigned' } });
    expect(await other.run(ask)).toMatchObject(ANSWER);
    const again = path.join(temporaryFolder(), 'again.terrace');
    await exportTo(other.page, again);
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
  });

  it('is taken and made in a tab that follows another one', async () => {
    const site = await openSite();
    withoutModels(site);
    const profile = await browser.newProfile();
    const options = { catalogUrl: null, trustedKeys: trusted() };
    const leader = await browser.openRuntime(site, options, profile);
    const follower = await browser.openRuntime(site, options, profile);
    const imported = await importFile(follower.page, bundle);
    expect(imported.shares.at(-1)).toBe(1);
    for (const tab of [follower, leader]) expect(await tab.run(ask)).toMatchObject(ANSWER);
    const file = path.join(temporaryFolder(), 'page.terrace');
    expect(await exportTo(follower.page, file)).toMatchObject({ models: ['nano', 'small', 'base'], leftOut: [] });
    await done(['models', 'import', file, '--allow-unsigned'], temporaryFolder());
  });

  it('that a stranger has signed names the key, and what is damaged changes nothing', async () => {
    const site = await openSite();
    withoutModels(site);
    const { page } = await browser.openRuntime(site, { catalogUrl: null });
    await expect(importFile(page, bundle, { allowUnsigned: true })).rejects.toMatchObject({
      code: 'SIGNER_UNTRUSTED',
      facts: { reason: 'unknown', publicKey: trusted()[0] },
    });
    const damaged = path.join(temporaryFolder(), 'damaged.terrace');
    const content = readFileSync(bundle);
    content[content.length - 5000]! ^= 1;
    writeFileSync(damaged, content);
    await expect(importFile(page, damaged, { trustedKeys: trusted() })).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
    });
    expect((await PageRuntime.of(page).catalog()).models).toEqual([]);
    expect(await storedBytes(page, weightsOf('nano').sha256)).toBeUndefined();
  });
});
