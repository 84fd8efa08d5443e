import { afterEach, describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { openSite, type ScriptedSite } from '../store/testing/scripted-site.js';
import { openRemoteModels, storedNames, type ModelsUnderTest } from './testing/open-remote-models.js';
import {
  blobOf,
  createSigner,
  headOf,
  sha256Of,
  tinyBundle,
  type Tiny,
  type TinyBundle,
} from './testing/tiny-bundle.js';

const { origin } = location;
const MB = 1_000_000;
const ALLOWED = { allowUnsigned: true };

const send = (method: string, params: object): Promise<unknown> =>
  (cdp() as unknown as { send(method: string, params: object): Promise<unknown> }).send(method, params);
afterEach(() => send('Storage.overrideQuotaForOrigin', { origin }));

const fileOf = async ({ manifest, parts }: TinyBundle): Promise<Blob> =>
  blobOf([...(await headOf(manifest)), ...parts]);
const bundle = (tiny?: Tiny): Promise<Blob> => fileOf(tinyBundle(tiny));
const weightsOf = ({ manifest }: TinyBundle) => manifest.catalog.models[0]!.variants[0]!.weights;
const idsOf = async ({ models }: ModelsUnderTest): Promise<string[]> =>
  (await models.current()).models.map(({ id }) => id);

async function publish(site: ScriptedSite, { manifest, parts }: TinyBundle): Promise<void> {
  for (const [index, { path }] of manifest.files.entries()) await site.put(path, parts[index]!.content);
  await site.put('catalog.json', JSON.stringify(manifest.catalog));
}

describe('an imported bundle', () => {
  it('is in force at once, and at the next start, with its calibration', async () => {
    const device = await openRemoteModels();
    const tiny = tinyBundle();
    expect(await device.models.importBundle(await fileOf(tiny), ALLOWED)).toMatchObject({
      models: ['tiny'],
      deltas: ['bank/tiny'],
      calibrated: ['bank'],
      signer: { kind: 'unsigned' },
    });
    for (const each of [device, await openRemoteModels({ name: device.name })]) {
      expect(await idsOf(each)).toEqual(['tiny']);
      expect(await each.models.calibrated('bank')).toBe(true);
      expect(await each.models.presence(weightsOf(tiny))).toBe('here');
      expect(each.warnings).toEqual([]);
    }
    expect(await storedNames(device)).toHaveLength(tiny.manifest.files.length);
  });

  it('gives way to a later one, whose calibration is the one that counts', async () => {
    const device = await openRemoteModels();
    await device.models.importBundle(await bundle({ seed: 1 }), ALLOWED);
    await device.models.importBundle(await bundle({ id: 'other', seed: 5 }), ALLOWED);
    expect(await idsOf(device)).toEqual(['tiny', 'other']);
    const later = tinyBundle({ seed: 9 });
    await device.models.importBundle(await fileOf(later), ALLOWED);
    const { models } = await device.models.current();
    expect(models.find(({ id }) => id === 'tiny')?.variants[0]?.weights.sha256).toBe(weightsOf(later).sha256);
    expect(models).toHaveLength(2);
  });

  it('stands over the catalog of a server, also a newer one, and over its own name there', async () => {
    const site = openSite();
    await publish(site, tinyBundle({ id: 'server', seed: 20 }));
    const device = await openRemoteModels({ catalogUrl: site.catalogUrl });
    expect(await idsOf(device)).toEqual(['server']);
    await device.models.importBundle(await bundle(), ALLOWED);
    expect((await idsOf(device)).toSorted()).toEqual(['server', 'tiny']);
    await publish(site, tinyBundle({ id: 'newer', seed: 30 }));
    expect(await device.models.refresh()).toBe(true);
    expect((await idsOf(device)).toSorted()).toEqual(['newer', 'tiny']);
    const again = await openRemoteModels({ catalogUrl: site.catalogUrl, name: device.name });
    expect((await idsOf(again)).toSorted()).toEqual(['newer', 'tiny']);
  });

  it('is in what any other page of the site begins with', async () => {
    const [one, other] = [openSite(), openSite()];
    await publish(one, tinyBundle({ id: 'one', seed: 20 }));
    await publish(other, tinyBundle({ id: 'other', seed: 30 }));
    const first = await openRemoteModels({ catalogUrl: one.catalogUrl });
    await first.models.close();
    const { name } = first;
    const device = await openRemoteModels({ catalogUrl: other.catalogUrl, name });
    await device.models.importBundle(await bundle(), ALLOWED);
    const again = await openRemoteModels({ catalogUrl: one.catalogUrl, name });
    expect((await idsOf(again)).toSorted()).toEqual(['one', 'tiny']);
  });

  it('that brings nothing but files of the server leaves its catalog as it is', async () => {
    const site = openSite();
    const tiny = tinyBundle();
    await publish(site, tiny);
    const device = await openRemoteModels({ catalogUrl: site.catalogUrl });
    const { revision } = await device.models.current();
    await device.models.importBundle(await fileOf(tiny), ALLOWED);
    expect((await device.models.current()).revision).toBe(revision);
    expect(await device.models.presence(weightsOf(tiny))).toBe('here');
    await publish(site, tinyBundle({ seed: 9 }));
    expect(await device.models.refresh()).toBe(true);
    expect((await device.models.current()).revision).toBe(tinyBundle({ seed: 9 }).manifest.catalog.revision);
  });

  it('is left out when its signer is trusted no longer, and back when the page trusts it again', async () => {
    const signer = await createSigner();
    const { manifest, parts } = tinyBundle();
    const file = blobOf([...(await headOf(manifest, signer)), ...parts]);
    const device = await openRemoteModels({ trustedKeys: [signer.publicKey] });
    expect(await device.models.importBundle(file, {})).toMatchObject({ signer: { kind: 'trusted' } });
    const other = await createSigner();
    const later = await openRemoteModels({ name: device.name, trustedKeys: [other.publicKey] });
    expect(await idsOf(later)).toEqual([]);
    expect(later.warnings).toEqual([expect.stringContaining('tiny, bank/tiny is left out')]);
    expect(await idsOf(await openRemoteModels({ name: device.name, trustedKeys: [signer.publicKey] }))).toEqual([
      'tiny',
    ]);
  });

  it('takes the place of a file that the disk has damaged', async () => {
    const device = await openRemoteModels();
    const tiny = tinyBundle();
    await device.models.importBundle(await fileOf(tiny), ALLOWED);
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(device.name);
    const handle = await folder.getFileHandle(weightsOf(tiny).sha256);
    const writable = await handle.createWritable({ keepExistingData: true });
    await writable.write({ type: 'write', position: 100, data: new Uint8Array(8) });
    await writable.close();
    await device.models.importBundle(await fileOf(tiny), ALLOWED);
    const mended = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    expect(sha256Of(mended)).toBe(weightsOf(tiny).sha256);
  });
});

describe('an exported bundle', () => {
  it('holds what was imported, with the texts that came beside it, and can be imported again', async () => {
    const device = await openRemoteModels();
    const tiny = tinyBundle();
    await device.models.importBundle(await fileOf(tiny), ALLOWED);
    const { file, ...said } = await device.models.exportBundle({});
    expect(said).toEqual({ models: ['tiny'], deltas: ['bank/tiny'], calibrated: ['bank'], leftOut: [] });
    const other = await openRemoteModels();
    await other.models.importBundle(file, ALLOWED);
    expect((await other.models.current()).revision).toBe(tiny.manifest.catalog.revision);
    const texts = tiny.manifest.files.filter(({ path }) => /LICENSE|delta\.json/.test(path));
    expect(texts).toHaveLength(2);
    expect(await storedNames(other)).toEqual(expect.arrayContaining(texts.map(({ sha256 }) => sha256)));
  });

  it('is none where a name is unknown, nothing is here, or the disk has damaged a file', async () => {
    const device = await openRemoteModels();
    await expect(device.models.exportBundle({})).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
    await expect(device.models.exportBundle({ ids: ['tiny'] })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const tiny = tinyBundle();
    await device.models.importBundle(await fileOf(tiny), ALLOWED);
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(device.name);
    const writable = await (
      await folder.getFileHandle(weightsOf(tiny).sha256)
    ).createWritable({ keepExistingData: true });
    await writable.write({ type: 'write', position: 100, data: new Uint8Array(8) });
    await writable.close();
    await expect(device.models.exportBundle({ ids: ['tiny'] })).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  });

  it('leaves out what is not whole here', async () => {
    const site = openSite();
    const server = tinyBundle({ id: 'server', seed: 20 });
    await publish(site, server);
    const device = await openRemoteModels({ catalogUrl: site.catalogUrl });
    await device.models.importBundle(await bundle(), ALLOWED);
    const said = await device.models.exportBundle({});
    expect(said).toMatchObject({ models: ['tiny'], deltas: ['bank/tiny'], leftOut: ['server', 'bank/server'] });
  });
});

describe('an import that does not end well', () => {
  it.each(['stopped', 'killed'] as const)('leaves the old state and can be made again: %s', async (how) => {
    const device = await openRemoteModels();
    const file = await bundle({ bytes: 12 * MB });
    const stopped = device.models.importBundle(file, {
      ...ALLOWED,
      stopAtBytes: how === 'stopped' ? 6 * MB : Infinity,
    });
    if (how === 'stopped') {
      await expect(stopped).rejects.toThrow('enough');
      expect(await storedNames(device)).toEqual([]);
    } else {
      while ((await storedNames(device)).length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
      device.kill();
    }
    const again = await openRemoteModels({ name: device.name });
    expect(await idsOf(again)).toEqual([]);
    expect(await again.models.importBundle(file, ALLOWED)).toMatchObject({ models: ['tiny'] });
    expect(await idsOf(again)).toEqual(['tiny']);
  });

  it('for want of room says so, and nothing has changed', async () => {
    const device = await openRemoteModels();
    const before = tinyBundle();
    await device.models.importBundle(await fileOf(before), ALLOWED);
    const names = await storedNames(device);
    const { usage = 0 } = await navigator.storage.estimate();
    await send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 2 * MB });
    const large = await bundle({ id: 'large', seed: 3, bytes: 6 * MB });
    await expect(device.models.importBundle(large, ALLOWED)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      facts: { reason: 'QuotaExceededError' },
    });
    expect(await storedNames(device)).toEqual(names);
    expect(await idsOf(device)).toEqual(['tiny']);
    expect(await device.models.presence(weightsOf(before))).toBe('here');
  });

  it('takes nothing away that another page, with other options, has imported meanwhile', async () => {
    const device = await openRemoteModels();
    const other = await openRemoteModels({ name: device.name });
    const theirs = tinyBundle({ id: 'theirs', bytes: 2 * MB });
    await other.models.importBundle(await fileOf(theirs), ALLOWED);
    await other.models.close();
    const { usage = 0 } = await navigator.storage.estimate();
    await send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 2 * MB });
    await expect(device.models.importBundle(await bundle({ bytes: 3 * MB, seed: 7 }), ALLOWED)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    });
    const next = await openRemoteModels({ name: device.name });
    expect(await next.models.exportBundle({})).toMatchObject({ models: ['theirs'], leftOut: [] });
  });

  it('two at once become two imports', async () => {
    const device = await openRemoteModels();
    const files = await Promise.all([bundle({ seed: 1 }), bundle({ id: 'other', seed: 5 })]);
    await Promise.all(files.map((file) => device.models.importBundle(file, ALLOWED)));
    expect((await idsOf(device)).toSorted()).toEqual(['other', 'tiny']);
  });
});
