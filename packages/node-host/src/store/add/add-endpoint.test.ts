import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKey } from '../../trust/keys.js';
import { signFolder } from '../../trust/sign-folder.js';
import { openSigner } from '../../trust/signing.js';
import { noModels, snapshot, temporaryFolder, tinyModels } from '../bundle/testing/tiny-models.js';
import { checkDrift } from '../catalog/check-drift.js';
import { openFolder, openModelFolders } from '../catalog/model-folders.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { exampleManifest } from '../testing/example-manifest.js';
import { addEndpoint } from './add-endpoint.js';
import { addModel } from './add-model.js';
import { removeEndpoint } from './remove-endpoint.js';

const { signal } = new AbortController();
const clock = { wallMs: () => Date.parse('2031-05-01T12:00:00Z') };
let home: string;
let overlay: string;
let shipped: string;

beforeEach(async () => {
  home = temporaryFolder();
  overlay = path.join(home, 'models');
  shipped = await noModels();
});

const add = (
  changes: Parameters<typeof exampleManifest>[0] = {},
  more: Partial<Parameters<typeof addEndpoint>[0]> = {},
) =>
  addEndpoint({
    manifest: exampleManifest(changes),
    overlay,
    shipped,
    replace: false,
    signer: undefined,
    signal,
    ...more,
  });
const open = (requireSignatures = false) =>
  openModelFolders({ shipped, added: overlay, trust: { home, clock }, requireSignatures });
const idsOf = async (): Promise<string[]> => ((await open()).current().endpoints ?? []).map(({ id }) => id);
const editManifest = (change: (text: string) => string): void => {
  const file = path.join(overlay, 'endpoints/site/endpoint.json');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
};

describe('an endpoint that is added', () => {
  it('is in the catalog under the content of its manifest, and in no other field', async () => {
    const before = (await open()).current();
    const endpoint = await add();
    const folders = await open();
    expect(folders.warnings).toEqual([]);
    expect(folders.current().endpoints).toEqual([endpoint]);
    expect({ ...folders.current(), endpoints: undefined, revision: undefined }).toEqual({
      ...before,
      revision: undefined,
    });
    expect(await checkDrift(folders.folders[1]!, [])).toBeUndefined();
  });

  it('changes the revision, and taking it out again changes it back', async () => {
    await rebuildCatalog((mkdirSync(overlay), overlay), []);
    const { revision } = (await open()).current();
    await add();
    expect((await open()).current().revision).not.toBe(revision);
    await removeEndpoint({ id: 'site', overlay, shipped, signal });
    expect((await open()).current()).toMatchObject({ revision });
    expect((await open()).current().endpoints).toBeUndefined();
    expect(existsSync(path.join(overlay, 'endpoints/site'))).toBe(false);
  });

  it('takes the place of another only when that is asked for', async () => {
    await add();
    await expect(add({ url: 'http://127.0.0.1:10' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const before = (await open()).current().endpoints![0]!;
    const after = await add({ url: 'http://127.0.0.1:10' }, { replace: true });
    expect(after.contentId).not.toBe(before.contentId);
    expect((await open()).current().endpoints).toEqual([after]);
  });

  it('has an id of its own, also one with a slash in it', async () => {
    await add({ id: 'acme/large' });
    await add();
    expect(await idsOf()).toEqual(['acme/large', 'site']);
    await removeEndpoint({ id: 'acme/large', overlay, shipped, signal });
    expect(await idsOf()).toEqual(['site']);
  });

  it.each(['auto', 'cascade', 'accept', 'abstain', 'tiny', 'terrace/auto', 'terrace/tiny'])(
    'is not called %s',
    async (id) => {
      shipped = await tinyModels();
      await expect(add({ id })).rejects.toMatchObject({ code: 'INVALID_CATALOG', facts: { endpoint: id } });
      expect(existsSync(path.join(overlay, 'catalog.json'))).toBe(false);
    },
  );

  it('keeps a model from being called like it', async () => {
    await add({ id: 'tiny' });
    const before = snapshot(overlay);
    const folder = path.join(await tinyModels(), 'tiny');
    await expect(addModel({ folder, overlay, shipped, signal })).rejects.toMatchObject({ code: 'INVALID_CATALOG' });
    expect(snapshot(overlay)).toEqual(before);
  });

  it('is left out, with a word, where a model is called like it all the same', async () => {
    await add({ id: 'tiny' });
    shipped = await tinyModels();
    expect((await open()).warnings).toEqual([expect.stringContaining('the endpoint tiny is left out')]);
    expect(await idsOf()).toEqual([]);
  });

  it('is kept when what it serves is not here, with a word', async () => {
    await add({ serves: { model: 'base', variant: 'a'.repeat(64), deltas: {} } });
    expect((await open()).warnings).toEqual([expect.stringContaining('its scores do not fuse')]);
    expect(await idsOf()).toEqual(['site']);
  });

  it('is drift when its manifest was edited', async () => {
    await add();
    editManifest((text) => text.replace(':9', ':10'));
    expect(await checkDrift((await open()).folders[1]!, [])).toMatchObject({
      message: expect.stringContaining('endpoints: site'),
    });
  });

  it('is refused in a folder of another name', async () => {
    await add();
    editManifest((text) => text.replace('"site"', '"other"'));
    await expect(rebuildCatalog(overlay, [])).rejects.toMatchObject({ code: 'INVALID_CATALOG' });
  });

  it('cannot be removed when it was never added', async () => {
    await expect(removeEndpoint({ id: 'site', overlay, shipped, signal })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});

describe('an endpoint does not come', () => {
  it('with a model, whatever its files are called', async () => {
    const folder = path.join(await tinyModels(), 'tiny');
    const manifest = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8'));
    const weights = JSON.stringify(exampleManifest());
    const file = { path: 'endpoint.json', bytes: weights.length, sha256: await hash(weights) };
    writeFileSync(path.join(folder, 'endpoint.json'), weights);
    writeFileSync(path.join(folder, 'model.json'), JSON.stringify({ ...manifest, id: 'site', files: { int8: file } }));
    await addModel({ folder, overlay, shipped, signal });
    expect(await idsOf()).toEqual([]);
  });
});

const hash = async (text: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('hex');

describe('where signatures are required', () => {
  const signer = () => openSigner({ home, name: undefined, clock });
  beforeEach(async () => void (await createKey({ owner: 'ACME', home, clock })));

  it('an endpoint that nobody signed is refused, and one that this device signed is used', async () => {
    await add();
    await expect(open(true)).rejects.toMatchObject({ code: 'SIGNER_UNTRUSTED', facts: { endpoint: 'site' } });
    await add({}, { replace: true, signer: await signer() });
    expect((await open(true)).current().endpoints).toHaveLength(1);
  });

  it('an endpoint is believed by the signature of the catalog it is in', async () => {
    await add();
    await signFolder({ folder: await openFolder(overlay), bases: [], signer: await signer(), signal });
    expect((await open(true)).current().endpoints).toHaveLength(1);
  });

  it('the signature of the catalog is made anew for what it vouched for', async () => {
    const folder = path.join(await tinyModels(), 'tiny');
    await addModel({ folder, overlay, shipped, signal });
    await signFolder({ folder: await openFolder(overlay), bases: [], signer: await signer(), signal });
    await add({}, { signer: await signer() });
    expect((await open(true)).current()).toMatchObject({ models: [{ id: 'tiny' }], endpoints: [{ id: 'site' }] });
  });

  it('an endpoint whose address was changed behind its signature is left out, or refused', async () => {
    await add({}, { signer: await signer() });
    editManifest((text) => text.replace(':9', ':10'));
    await rebuildCatalog(overlay, []);
    const { warnings } = await open();
    expect(warnings).toEqual([expect.stringContaining('the endpoint site')]);
    expect(await idsOf()).toEqual([]);
    await expect(open(true)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('an endpoint that the catalog knows by the content of another is left out, or refused', async () => {
    const signing = { signer: await signer() };
    await add({}, signing);
    const other = await add({ id: 'other', url: 'https://elsewhere.example' }, signing);
    const file = path.join(overlay, 'catalog.json');
    const catalog = JSON.parse(readFileSync(file, 'utf8'));
    for (const endpoint of catalog.endpoints) endpoint.contentId = other.contentId;
    writeFileSync(file, JSON.stringify(catalog));
    expect(await idsOf()).toEqual(['other']);
    await expect(open(true)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID', facts: { endpoint: 'site' } });
  });
});
