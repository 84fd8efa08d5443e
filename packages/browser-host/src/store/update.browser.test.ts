import { canonicalJson, type Catalog, type FetchProgress, type FileRef } from '@terrace/core';
import { exampleCatalog, exampleDelta, exampleModel } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createNetwork, type SwitchedNetwork } from '../network.js';
import { systemClock } from '../system-clock.js';
import { openModels, type BrowserModels } from './open-models.js';
import { openSite, sha256Of, someBytes, type ScriptedSite } from './testing/scripted-site.js';

/** Limits are whole numbers; pauses between tries are not, and are short here. */
const clock = {
  ...systemClock,
  sleep: (delayMs: number, signal?: AbortSignal) => systemClock.sleep(Number.isInteger(delayMs) ? delayMs : 10, signal),
};

interface Opened {
  readonly models: BrowserModels;
  readonly network: SwitchedNetwork;
  readonly warnings: string[];
  readonly events: FetchProgress[];
}

/** One start of a page, whose files are held in memory: they can be stored in workers only. */
async function start({ catalogUrl }: ScriptedSite, name: string, isBusy = () => false): Promise<Opened> {
  const [warnings, events]: [string[], FetchProgress[]] = [[], []];
  const network = createNetwork();
  const models = await openModels({
    name,
    catalogUrl,
    clock,
    network,
    isBusy,
    loadSupply: () => import('./supply.js'),
    onProgress: (event) => void events.push(event),
    onWarning: (message) => void warnings.push(message),
  });
  onTestFinished(() => models.close());
  return { models, network, warnings, events };
}

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;

/** Files of one version of `nano` and `base`, and the catalog that names them. */
async function publish(site: ScriptedSite, version: string, seed: number, models = ['nano', 'base']): Promise<Catalog> {
  const put = (path: string, bytes: number, nth: number): Promise<FileRef> =>
    site.put(`${version}/${path}`, someBytes(bytes, 10 * seed + nth));
  const tokenizer = await put('tokenizer.json', 2000, 1);
  const described = [];
  for (const [nth, id] of models.entries()) {
    const weights = await put(`${id}.onnx`, 300_000, 2 + nth);
    described.push(exampleModel({ id, tokenizer, variants: [{ dtype: 'int8', providers: ['wasm'], weights }] }));
  }
  const deltas = [];
  for (const [nth, model] of described.entries())
    deltas.push(exampleDelta(model, { head: await put(`${model.id}-head.safetensors`, 5000, 5 + nth) }));
  const { revision: _, ...content } = exampleCatalog({ models: described, deltas });
  const revision = await sha256Of(new TextEncoder().encode(canonicalJson(content)) as Uint8Array<ArrayBuffer>);
  const catalog = { ...content, revision };
  await site.put('catalog.json', JSON.stringify(catalog));
  return catalog;
}

const filesOfModel = ({ models, deltas }: Catalog, id: string): FileRef[] => {
  const model = models.find((each) => each.id === id)!;
  return [model.variants[0]!.weights, model.tokenizer, deltas.find(({ base }) => base.id === id)!.head];
};

/** A page whose models were used, and a newer catalog on its server. */
async function setUp(used: readonly string[] = ['nano'], isBusy?: () => boolean) {
  const [site, name] = [openSite(), newName()];
  const old = await publish(site, 'old', 1);
  const opened = await start(site, name, isBusy);
  for (const id of used) for (const file of filesOfModel(old, id)) await opened.models.locate(file);
  opened.events.length = 0;
  opened.warnings.length = 0;
  const newer = await publish(site, 'new', 2);
  const here = (catalog: Catalog, id: string) =>
    filesOfModel(catalog, id).every((file) => opened.models.presence(file) === 'here');
  const inForce = (): string => opened.models.current().revision;
  return { site, name, old, newer, here, inForce, ...opened };
}

const askedFor = async (site: ScriptedSite): Promise<string[]> =>
  (await site.seen()).map(({ path }) => path).filter((path) => path.startsWith('new/'));

describe('a newer catalog', () => {
  it('is in force when what takes the place of everything that is here is here', async () => {
    const { models, newer, here, inForce, site } = await setUp(['nano', 'base']);
    expect(await models.refresh()).toBe(true);
    expect(inForce()).toBe(newer.revision);
    expect([here(newer, 'nano'), here(newer, 'base')]).toEqual([true, true]);
    expect(await askedFor(site)).toHaveLength(5);
  });

  it('brings nothing of what was not here', async () => {
    const { models, newer, here, inForce, site } = await setUp(['nano']);
    expect(await models.refresh()).toBe(true);
    expect(inForce()).toBe(newer.revision);
    expect([here(newer, 'nano'), here(newer, 'base')]).toEqual([true, false]);
    expect(await askedFor(site)).toEqual(['new/nano.onnx', 'new/tokenizer.json', 'new/nano-head.safetensors']);
  });

  it('tells how far it is, of all files from the first event on', async () => {
    const { models, events, newer } = await setUp();
    await models.refresh();
    const totalBytes = filesOfModel(newer, 'nano').reduce((sum, { bytes }) => sum + bytes, 0);
    expect(new Set(events.map((event) => event.totalBytes))).toEqual(new Set([totalBytes]));
    expect(events.at(-1)!.doneBytes).toBe(totalBytes);
  });

  it('of which a file does not come is not in force; what has come is not fetched again at the next look', async () => {
    const { models, site, old, newer, here, inForce } = await setUp();
    await site.next({ kind: 'sound' }, { kind: 'sound' }, { kind: 'reply', status: 404 });
    await expect(models.refresh()).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect(inForce()).toBe(old.revision);
    expect([here(old, 'nano'), here(newer, 'nano')]).toEqual([true, false]);
    expect(await models.refresh()).toBe(true);
    expect(inForce()).toBe(newer.revision);
    expect((await askedFor(site)).filter((path) => path === 'new/nano.onnx')).toHaveLength(1);
  });

  it('whose weights are other bytes than it says is not in force', async () => {
    const { models, site, old, inForce } = await setUp();
    await site.put('new/nano.onnx', someBytes(300_000, 99));
    await expect(models.refresh()).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    expect(inForce()).toBe(old.revision);
  });

  it('waits for what requests bring of the one before while its own files come', async () => {
    const { models, network, old, newer, here } = await setUp();
    const { fetch } = network;
    const meanwhile: typeof fetch = async (input, init) => {
      if (String(input).endsWith('new/nano.onnx'))
        for (const file of filesOfModel(old, 'base')) await models.locate(file);
      return fetch(input, init);
    };
    Object.assign(network, { fetch: meanwhile });
    expect(await models.refresh()).toBe(true);
    expect(here(newer, 'base')).toBe(true);
  });

  it('is brought once for all who ask', async () => {
    const { models, site } = await setUp();
    expect(await Promise.all([models.refresh(), models.refresh()])).toEqual([true, true]);
    expect(await models.refresh()).toBe(false);
    expect(await askedFor(site)).toHaveLength(3);
  });
});

describe('a newer catalog that a start finds', () => {
  it('is brought in the background, when no request is under way', async () => {
    let isBusy = true;
    const { network, site, newer, inForce, models, old } = await setUp(['nano'], () => isBusy);
    network.setOffline(true);
    network.setOffline(false);
    await vi.waitUntil(async () => (await site.seen()).filter(({ path }) => path === 'catalog.json').length >= 3);
    await systemClock.sleep(300);
    expect(await askedFor(site)).toEqual([]);
    expect(inForce()).toBe(old.revision);
    isBusy = false;
    await vi.waitUntil(() => inForce() === newer.revision, { timeout: 10_000 });
    expect(models.presence(newer.models[0]!.tokenizer)).toBe('here');
  });

  it('costs a line that is paid for nothing, until somebody asks for it', async () => {
    Object.defineProperty(navigator, 'connection', { value: { saveData: true }, configurable: true });
    onTestFinished(() => void Reflect.deleteProperty(navigator, 'connection'));
    const { network, site, old, newer, inForce, models } = await setUp();
    network.setOffline(true);
    network.setOffline(false);
    await vi.waitUntil(async () => (await site.seen()).filter(({ path }) => path === 'catalog.json').length >= 3);
    await systemClock.sleep(300);
    expect(inForce()).toBe(old.revision);
    expect(await askedFor(site)).toEqual([]);
    expect(await models.refresh()).toBe(true);
    expect(inForce()).toBe(newer.revision);
  });

  it('that does not come for want of a network is no news, and comes when the network is back', async () => {
    const { network, newer, inForce, models, warnings } = await setUp();
    network.setOffline(true);
    await expect(models.refresh()).rejects.toMatchObject({ facts: { isOffline: true } });
    network.setOffline(false);
    await vi.waitUntil(() => inForce() === newer.revision, { timeout: 10_000 });
    expect(warnings).toEqual([]);
  });

  it('is not waited for without end when its server falls silent', async () => {
    const site = openSite();
    await publish(site, 'old', 1);
    const limits: number[] = [];
    const silent: SwitchedNetwork = {
      ...createNetwork(),
      fetch: (_, init) =>
        new Promise((__, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal!.reason))),
    };
    const name = newName();
    const first = await start(site, name);
    await vi.waitUntil(async () => (await first.models.refresh()) === false);
    first.models.close();
    const impatient = {
      ...clock,
      sleep: (delayMs: number, signal?: AbortSignal) => {
        limits.push(delayMs);
        return systemClock.sleep(delayMs === 30_000 ? 20 : delayMs, signal);
      },
    };
    let loads = 0;
    const loadSupply = () => {
      loads++;
      return import('./supply.js');
    };
    const { catalogUrl } = site;
    const models = await openModels({ name, catalogUrl, clock: impatient, network: silent, loadSupply });
    onTestFinished(() => models.close());
    await vi.waitUntil(() => loads === 1);
    expect(limits).toContain(30_000);
  });
});
