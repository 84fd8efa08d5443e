import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { addModel } from '../store/add/add-model.js';
import { removeModel } from '../store/add/remove-model.js';
import { noModels, tinyModels } from '../store/bundle/testing/tiny-models.js';
import { openFolder, openModelFolders } from '../store/catalog/model-folders.js';
import { rebuildCatalog } from '../store/catalog/rebuild-catalog.js';
import { createKey, revokeKey } from './keys.js';
import { requireSigned } from './signers.js';
import { openSigner } from './signing.js';
import { signFolder } from './sign-folder.js';

const clock = { wallMs: () => Date.parse('2031-05-01T12:00:00Z') };
const { signal } = new AbortController();
let home: string;
let folder: string;

beforeEach(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'terrace-signed-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  folder = await tinyModels();
  await createKey({ owner: 'ACME', home, clock });
});

async function signed(): Promise<void> {
  const signer = await openSigner({ home, name: undefined, clock });
  const written = await signFolder({ folder: await openFolder(folder), bases: [], signer, signal });
  expect(written).toEqual(['deltas/weather/tiny/delta.sig.json', 'catalog.sig.json']);
}

const open = (trusted = home) =>
  openModelFolders({ shipped: folder, added: path.join(home, 'models'), trust: { home: trusted, clock } });

const edit = (name: string, change: (text: string) => string): void => {
  const file = path.join(folder, name);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
};

describe('a signed folder of models', () => {
  beforeEach(signed);

  it('opens without a word where the signer is trusted', async () => {
    expect((await open()).warnings).toEqual([]);
    await requireSigned(await openFolder(folder), { home, clock });
  });

  it('opens with a warning where the signer is unknown or revoked', async () => {
    const nobody = path.join(home, 'nobody');
    expect((await open(nobody)).warnings).toEqual([
      expect.stringMatching(/the catalog .* is untrusted: the key [0-9a-f]{12} is unknown/),
      expect.stringMatching(/the delta weather\/tiny .* is unknown/),
    ]);
    await revokeKey({ name: 'ACME', home, clock });
    expect((await open()).warnings[0]).toMatch(/is revoked/);
    await expect(requireSigned(await openFolder(folder), { home, clock })).rejects.toMatchObject({
      code: 'SIGNER_UNTRUSTED',
    });
  });

  it.each<[string, string, (text: string) => string]>([
    ['the catalog was changed', 'catalog.json', (text) => text.replace('"Test"', '"Else"')],
    [
      'its revision was changed',
      'catalog.json',
      (text) => text.replace(/"revision": "(.)/, (_all, digit: string) => `"revision": "${digit === '0' ? '1' : '0'}`),
    ],
    [
      'a hash in it was changed',
      'catalog.json',
      (text) =>
        text.replace(
          /("head": \{[^}]*"sha256": ")(.)/,
          (_all, start: string, digit: string) => `${start}${digit === '0' ? '1' : '0'}`,
        ),
    ],
    ['delta.json was changed', 'deltas/weather/tiny/delta.json', (text) => text.replace('cold', 'bold')],
    [
      'the labels in the catalog were turned round',
      'catalog.json',
      (text) => text.replace(/"cold",(\s*)"warm"/, '"warm",$1"cold"'),
    ],
  ])('is vouched for by nobody when %s', async (_, name, change) => {
    edit(name, change);
    await expect(requireSigned(await openFolder(folder), { home, clock })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    expect((await open()).warnings).not.toEqual([]);
    // The signature of the delta alone finds what concerns it, too.
    if (name.includes('delta') || _.includes('labels')) {
      rmSync(path.join(folder, 'catalog.sig.json'));
      expect((await open()).warnings).toEqual([expect.stringMatching(/weather\/tiny .* is left out/)]);
    }
  });

  it('is vouched for by nobody when a signature file is not one', async () => {
    edit('catalog.sig.json', () => '{"envelope": 5}');
    await expect(requireSigned(await openFolder(folder), { home, clock })).rejects.toMatchObject({
      code: 'INVALID_CATALOG',
    });
    expect((await open()).warnings).toEqual([expect.stringMatching(/signature of the catalog .* counts for nothing/)]);
  });

  it.each<[string, string, (text: string) => string]>([
    ['delta.json', 'deltas/weather/tiny/delta.json', (text) => text.replace('cold', 'bold')],
    ['delta.json, which is JSON no more,', 'deltas/weather/tiny/delta.json', (text) => text.replace('{', '[')],
    [
      'delta.sig.json',
      'deltas/weather/tiny/delta.sig.json',
      (text) => text.replace('"signature": "', '"signature": "A'),
    ],
  ])('goes on without a delta when a byte of %s flips, and the delta can be removed', async (_, name, change) => {
    const added = path.join(home, 'models');
    const delta = path.join(folder, 'deltas/weather/tiny');
    await addModel({ folder: delta, overlay: added, shipped: folder, signal });
    rmSync(delta, { recursive: true });
    await rebuildCatalog(folder, []);
    const file = path.join(added, name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    const options = { shipped: folder, added, trust: { home, clock } };
    const { warnings, current, folders } = await openModelFolders(options);
    expect(warnings).toEqual([expect.stringMatching(/the delta weather\/tiny .* is left out/)]);
    expect(current()).toMatchObject({ models: [{ id: 'tiny' }], deltas: [], domains: [] });
    expect(folders[1]!.catalog.deltas).toHaveLength(1);
    await expect(openModelFolders({ ...options, requireSignatures: true })).rejects.toThrow();
    await removeModel({ id: 'weather/tiny', overlay: added, shipped: folder, withDeltas: false, signal });
    expect((await openModelFolders({ ...options, requireSignatures: true })).warnings).toEqual([]);
  });

  it('loses the signature of a delta when its catalog is made anew from another one, and says so', async () => {
    edit('deltas/weather/tiny/delta.json', (text) => text.replace('cold', 'bold'));
    expect((await rebuildCatalog(folder, [])).warnings).toEqual([
      expect.stringMatching(/weather\/tiny is no longer signed/),
    ]);
    expect(existsSync(path.join(folder, 'deltas/weather/tiny/delta.sig.json'))).toBe(false);
    expect((await open()).warnings).toEqual([]);
  });

  it('loses its signature when its catalog is made anew from other manifests, and only then', async () => {
    await rebuildCatalog(folder, []);
    expect(existsSync(path.join(folder, 'catalog.sig.json'))).toBe(true);
    edit('tiny/model.json', (text) => text.replace('"Test"', '"Else"'));
    await rebuildCatalog(folder, []);
    expect(existsSync(path.join(folder, 'catalog.sig.json'))).toBe(false);
    await open();
  });

  it('gives away deltas that keep their signature', async () => {
    const added = path.join(home, 'models');
    await addModel({ folder: path.join(folder, 'deltas/weather/tiny'), overlay: added, shipped: folder, signal });
    const options = { shipped: folder, added, trust: { home, clock }, requireSignatures: true };
    expect((await openModelFolders(options)).warnings).toEqual([]);
    await addModel({ folder: path.join(folder, 'tiny'), overlay: added, shipped: folder, signal });
    await expect(openModelFolders(options)).rejects.toMatchObject({
      code: 'SIGNER_UNTRUSTED',
      facts: { model: 'tiny' },
    });
  });
});

describe('signing', () => {
  it('vouches for nothing that is not as the catalog says', async () => {
    edit('tiny/model.onnx', (text) => text.replace('weights', 'WEIGHTS'));
    await expect(signed()).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    folder = await tinyModels();
    edit('tiny/model.json', (text) => text.replace('"Test"', '"Else"'));
    await expect(signed()).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    expect(existsSync(path.join(folder, 'catalog.sig.json'))).toBe(false);
  });
});

describe('where nothing is signed', () => {
  it('an empty overlay and unsigned shipped models are fine, also where signatures are required', async () => {
    const shipped = await noModels();
    await openModelFolders({ shipped, added: path.join(home, 'models'), requireSignatures: true });
  });
});
