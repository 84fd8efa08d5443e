import {
  canonicalJson,
  DownloadError,
  InvalidCatalogError,
  keyIdOf,
  statementBytes,
  type Statement,
} from '@terrace/core';
import { describeCatalogSourceContract, exampleCalibration, exampleCatalog } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openModels, type BrowserModels } from './open-models.js';
import { openSite, sha256Of, type ScriptedSite } from './testing/scripted-site.js';

const HTML = '<!DOCTYPE html><html><body>Not found</body></html>';
const CALIBRATION = 'deltas/bank/calibration.json';

/** Limits are whole numbers; pauses between tries are not, and are short here. */
const clock = {
  ...systemClock,
  sleep: (delayMs: number, signal?: AbortSignal) => systemClock.sleep(Number.isInteger(delayMs) ? delayMs : 10, signal),
};

interface Start {
  readonly name?: string;
  readonly catalogUrl: string;
  readonly trustedKeys?: readonly string[];
}

/** One start of a page, whose files are held in memory: they can be stored in workers only. */
async function start({
  name = newName(),
  ...settings
}: Start): Promise<BrowserModels & { readonly warnings: string[] }> {
  const warnings: string[] = [];
  const loadSupply = () => import('./supply.js');
  const onWarning = (message: string): void => void warnings.push(message);
  const models = await openModels({ ...settings, name, clock, loadSupply, onWarning });
  onTestFinished(() => models.close());
  return { ...models, warnings };
}

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;

const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

const sha256OfJson = (value: unknown): Promise<string> =>
  sha256Of(new TextEncoder().encode(canonicalJson(value)) as Uint8Array<ArrayBuffer>);

/** Publishes a catalog with a calibration. @param publisher makes it another revision */
async function publish(site: ScriptedSite, publisher: string, calibrationPath = CALIBRATION): Promise<string> {
  const { revision: _, ...example } = exampleCatalog();
  const calibration = await site.put(calibrationPath, JSON.stringify(exampleCalibration(exampleCatalog())));
  const models = example.models.map((model) => ({ ...model, publisher }));
  const content = { ...example, models, domains: example.domains.map((domain) => ({ ...domain, calibration })) };
  const revision = await sha256OfJson(content);
  await site.put('catalog.json', JSON.stringify({ ...content, revision }));
  return revision;
}

const publisherOf = (models: BrowserModels): string | undefined => models.current().models[0]?.publisher;

/** Starts once, until everything is kept. */
async function visit({ name, ...settings }: Start & { readonly name: string }): Promise<void> {
  const first = await start({ ...settings, name });
  await vi.waitUntil(async () => (await recordsOf(name)).includes(`catalog ${settings.catalogUrl}`));
  first.close();
}

async function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(`${name}-store`);
  return new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
}

async function recordsOf(name: string): Promise<unknown[]> {
  const database = await openDatabase(name);
  const request = database.transaction('values').objectStore('values').getAllKeys();
  const keys = await new Promise<unknown[]>((resolve) => (request.onsuccess = () => resolve(request.result)));
  database.close();
  return keys;
}

describeCatalogSourceContract('the catalog of a browser', () =>
  start({ catalogUrl: new URL('/catalog.json', location.href).href }),
);

describe('a catalog', () => {
  it('brings what models are known to answer', async () => {
    const models = await start({ catalogUrl: new URL('/catalog.json', location.href).href });
    const file = models.current().models[0]!.golden!;
    const golden = await models.golden(file);
    expect(golden.texts.length).toBeGreaterThan(0);
    expect(golden.embeddings['nano']).toHaveLength(golden.texts.length);
  });

  it('makes every file of it one that can be fetched', async () => {
    const models = await start({ catalogUrl: new URL('/catalog.json', location.href).href });
    const { variants, tokenizer } = models.current().models[0]!;
    expect([variants[0]!.weights, tokenizer].map((file) => models.presence(file))).toEqual(['fetchable', 'fetchable']);
    await models.locate(tokenizer);
    expect(models.presence(tokenizer)).toBe('here');
  });

  it.each([
    ['is not there', { kind: 'reply', status: 404 }, /is not there/],
    ['is a web page', { kind: 'reply', status: 200, body: HTML }, /web page/],
    ['is no JSON', { kind: 'reply', status: 200, body: '{"format":' }, /is not JSON/],
    ['is another thing', { kind: 'reply', status: 200, body: '{}' }, /is wrong at/],
    ['may not be seen', { kind: 'reply', status: 403 }, /status 403/],
  ] as const)('that %s is told of where none was kept', async (_, answer, message) => {
    const site = openSite();
    await publish(site, 'Terrace');
    await site.next(answer);
    const error = await errorOf(start({ catalogUrl: site.catalogUrl }));
    expect(DownloadError.isInstance(error) || InvalidCatalogError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect((error as DownloadError).hint).not.toBe('');
  });

  it('is asked for again when its server is busy', async () => {
    const site = openSite();
    await publish(site, 'Terrace');
    await site.next({ kind: 'reply', status: 503 });
    expect(publisherOf(await start({ catalogUrl: site.catalogUrl }))).toBe('Terrace');
  });
});

describe('a catalog that was kept', () => {
  it('is used at the next start though no server answers, with its calibrations and without a word', async () => {
    const [site, name] = [openSite(), newName()];
    const { catalogUrl } = site;
    await publish(site, 'Terrace');
    await visit({ name, catalogUrl });
    await site.remove(CALIBRATION);
    await site.next(...Array.from({ length: 20 }, () => ({ kind: 'reply', status: 503 }) as const));
    const models = await start({ name, catalogUrl });
    expect(publisherOf(models)).toBe('Terrace');
    expect(await models.calibration('bank')).toEqual(exampleCalibration(exampleCatalog()));
    await vi.waitUntil(async () => (await site.seen()).length >= 7);
    expect(models.warnings).toEqual([]);
  });

  it('does not wait for the network, and gives way to a newer one, which is another object', async () => {
    const [site, name] = [openSite(), newName()];
    const { catalogUrl } = site;
    await publish(site, 'first');
    await visit({ name, catalogUrl });
    await publish(site, 'second', 'deltas/bank/newer.json');
    const models = await start({ name, catalogUrl });
    const before = models.current();
    expect(publisherOf(models)).toBe('first');
    await vi.waitUntil(() => models.current() !== before);
    expect(publisherOf(models)).toBe('second');
    expect(before.models[0]!.publisher).toBe('first');
    expect(await models.calibration('bank', before)).toEqual(exampleCalibration(exampleCatalog()));
    // The next start begins with the newer one.
    models.close();
    expect(publisherOf(await start({ name, catalogUrl }))).toBe('second');
  });

  it.each([
    ['edited', { kind: 'reply', status: 200, body: '{}' }],
    ['a web page', { kind: 'reply', status: 200, body: HTML }],
    ['gone', { kind: 'reply', status: 404 }],
  ] as const)('goes on when the one on the server is %s, and says so', async (_, answer) => {
    const [site, name] = [openSite(), newName()];
    const { catalogUrl } = site;
    await publish(site, 'Terrace');
    await visit({ name, catalogUrl });
    await site.next(answer, answer);
    const models = await start({ name, catalogUrl });
    await vi.waitUntil(() => models.warnings.length > 0);
    expect(models.warnings).toEqual([expect.stringMatching(/^The catalog that was kept goes on: /)]);
    expect(publisherOf(models)).toBe('Terrace');
  });

  it('goes on when the calibrations of a newer one cannot be had', async () => {
    const [site, name] = [openSite(), newName()];
    const { catalogUrl } = site;
    await publish(site, 'first');
    await visit({ name, catalogUrl });
    const models = await start({ name, catalogUrl });
    expect(await models.refresh()).toBe(false);
    await publish(site, 'second', 'deltas/bank/lost.json');
    await site.put('deltas/bank/lost.json', '{"format": 1}');
    const error = await errorOf(models.refresh());
    expect(error.message).toContain('lost.json');
    expect(publisherOf(models)).toBe('first');
    await publish(site, 'second', 'deltas/bank/lost.json');
    expect(await Promise.all([models.refresh(), models.refresh()])).toEqual([true, true]);
    expect(publisherOf(models)).toBe('second');
    expect(await models.refresh()).toBe(false);
  });

  it('by another release is checked anew, and still needs no network', async () => {
    const [site, name] = [openSite(), newName()];
    const { catalogUrl } = site;
    await publish(site, 'Terrace');
    await visit({ name, catalogUrl });
    await edit(name, `catalog ${catalogUrl}`, (kept) => ({ ...kept, release: '0.0.1', catalog: { models: [] } }));
    await site.next(...Array.from({ length: 20 }, () => ({ kind: 'reply', status: 503 }) as const));
    expect(publisherOf(await start({ name, catalogUrl }))).toBe('Terrace');
  });

  it('by another release gives way to a newer one at the same start, though its calibrations are gone', async () => {
    const [site, name] = [openSite(), newName()];
    const { catalogUrl } = site;
    await publish(site, 'Terrace', 'deltas/bank/old.json');
    await visit({ name, catalogUrl });
    await edit(name, `catalog ${catalogUrl}`, (kept) => ({ ...kept, release: '0.0.1' }));
    await forgetCalibrations(name);
    await site.remove('deltas/bank/old.json');
    await publish(site, 'somebody else');
    const models = await start({ name, catalogUrl });
    await vi.waitUntil(() => publisherOf(models) === 'somebody else');
    await site.next(...Array.from({ length: 20 }, () => ({ kind: 'reply', status: 503 }) as const));
    expect(publisherOf(await start({ name, catalogUrl }))).toBe('somebody else');
  });

  it.each([
    ['rubbish', () => 7],
    ['cut off', (kept: object) => ({ ...kept, release: '0.0.1', text: '{"format":' })],
  ])('and is %s is none', async (_, change) => {
    const [site, name] = [openSite(), newName()];
    const { catalogUrl } = site;
    await publish(site, 'Terrace');
    await visit({ name, catalogUrl });
    await edit(name, `catalog ${catalogUrl}`, change);
    expect(publisherOf(await start({ name, catalogUrl }))).toBe('Terrace');
  });
});

async function edit(name: string, key: string, change: (kept: object) => unknown): Promise<void> {
  const database = await openDatabase(name);
  const store = database.transaction('values', 'readwrite').objectStore('values');
  const request = store.get(key);
  request.onsuccess = () => store.put(change(request.result as object), key);
  await new Promise((resolve) => (store.transaction.oncomplete = resolve));
  database.close();
}

/** As a release that keeps them in another way finds none. */
async function forgetCalibrations(name: string): Promise<void> {
  const keys = (await recordsOf(name)).map(String);
  for (const key of keys) if (key.startsWith('calibration ')) await edit(name, key, () => undefined);
}

interface Signer {
  readonly publicKey: string;
  sign(sha256: string): Promise<string>;
}

const toBase64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** A key that signs as `terrace keys sign` does. */
async function newSigner(): Promise<Signer> {
  const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const publicKey = toBase64(await crypto.subtle.exportKey('raw', keys.publicKey));
  return {
    publicKey,
    async sign(sha256) {
      const keyId = await keyIdOf(publicKey);
      const signedAt = '2026-01-01T00:00:00Z';
      const statement: Statement = { format: 1, kind: 'catalog', subject: 'catalog', sha256, signedAt, keyId };
      const signature = toBase64(await crypto.subtle.sign('Ed25519', keys.privateKey, statementBytes(statement)));
      return JSON.stringify({ envelope: { statement, signature }, publicKey, endorsements: [] });
    },
  };
}

describe('where keys are given, a catalog', () => {
  it('that one of them has signed is used, also without a network', async () => {
    const [site, name, signer, other] = [openSite(), newName(), await newSigner(), await newSigner()];
    const { catalogUrl } = site;
    await site.put('catalog.sig.json', await signer.sign(await publish(site, 'Terrace')));
    const trustedKeys = [other.publicKey, signer.publicKey];
    await visit({ name, catalogUrl, trustedKeys });
    await site.next(...Array.from({ length: 20 }, () => ({ kind: 'reply', status: 503 }) as const));
    expect(publisherOf(await start({ name, catalogUrl, trustedKeys }))).toBe('Terrace');
  });

  it('that nobody has signed is refused', async () => {
    const [site, signer] = [openSite(), await newSigner()];
    await publish(site, 'Terrace');
    const error = await errorOf(start({ catalogUrl: site.catalogUrl, trustedKeys: [signer.publicKey] }));
    expect(error).toMatchObject({ code: 'SIGNER_UNTRUSTED', message: expect.stringContaining('nobody has signed it') });
  });

  it.each([
    ['somebody else', async (revision: string) => (await newSigner()).sign(revision), 'SIGNER_UNTRUSTED'],
    [
      'a key for another revision',
      async (_: string, signer: Signer) => signer.sign('0'.repeat(64)),
      'SIGNATURE_INVALID',
    ],
    ['something that is no signature', async () => '{"envelope": 7}', 'INVALID_CATALOG'],
    ['a web page', async () => HTML, 'DOWNLOAD_FAILED'],
  ] as const)('that %s has signed is refused', async (_, sign, code) => {
    const [site, signer] = [openSite(), await newSigner()];
    const revision = await publish(site, 'Terrace');
    await site.put('catalog.sig.json', await sign(revision, signer));
    const error = await errorOf(start({ catalogUrl: site.catalogUrl, trustedKeys: [signer.publicKey] }));
    expect(error).toMatchObject({ code });
  });

  it('that was kept for other keys, or for none, does not count', async () => {
    const [site, name, signer] = [openSite(), newName(), await newSigner()];
    const { catalogUrl } = site;
    await publish(site, 'Terrace');
    await visit({ name, catalogUrl });
    const error = await errorOf(start({ name, catalogUrl, trustedKeys: [signer.publicKey] }));
    expect(error).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
  });

  it('of a newer revision that is not signed gives no way to the one before', async () => {
    const [site, signer] = [openSite(), await newSigner()];
    await site.put('catalog.sig.json', await signer.sign(await publish(site, 'first')));
    const models = await start({ catalogUrl: site.catalogUrl, trustedKeys: [signer.publicKey] });
    await publish(site, 'second');
    expect(await errorOf(models.refresh())).toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(publisherOf(models)).toBe('first');
  });
});
