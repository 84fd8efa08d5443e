import type { BundleManifest, TerraceError } from '@terrace/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { openRemoteModels, storedNames, type ModelsUnderTest } from './testing/open-remote-models.js';
import { blobOf, createSigner, headOf, part, tinyBundle, type Part, type Signer } from './testing/tiny-bundle.js';

const NO_BYTES = new Uint8Array();
const text = (content: string) => new TextEncoder().encode(content) as Uint8Array<ArrayBuffer>;

/** The header of another kind of entry. */
function kind(path: string, type: string): Part {
  const { header } = part(path, NO_BYTES);
  header[156] = type.charCodeAt(0);
  header.fill(32, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return { header, content: NO_BYTES };
}

describe('a bad bundle is refused by a page, and nothing of it is kept:', () => {
  let device: ModelsUnderTest;
  let signer: Signer;
  beforeEach(async () => {
    signer = await createSigner();
    device = await openRemoteModels();
  });

  async function refusal(file: Blob): Promise<TerraceError> {
    const { revision } = await device.models.current();
    const given = { trustedKeys: [signer.publicKey] };
    const error: unknown = await device.models.importBundle(file, given).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(await storedNames(device)).toEqual([]);
    expect((await device.models.current()).revision).toBe(revision);
    return error as TerraceError;
  }

  const signed = async (
    change: (parts: readonly Part[]) => readonly Part[],
    edit: (manifest: BundleManifest) => void = () => undefined,
  ): Promise<Blob> => {
    const { manifest, parts } = tinyBundle();
    const edited = structuredClone(manifest);
    edit(edited);
    return blobOf(change([...(await headOf(edited, signer)), ...parts]));
  };
  const swapped = (entry: Part) => (parts: readonly Part[]) => parts.toSpliced(-2, 1, entry);

  it.each<[string, (parts: readonly Part[]) => readonly Part[]]>([
    ['a "../" name', swapped(part('../../evil', text('x')))],
    ['a symbolic link', swapped(kind('models/tiny/model.onnx', '2'))],
    ['a hard link', swapped(kind('models/tiny/model.onnx', '1'))],
    ['a device', swapped(kind('models/tiny/model.onnx', '3'))],
    ['an extended header', swapped(kind('PaxHeader', 'x'))],
    [
      'other bytes of the same size',
      (parts) => parts.toSpliced(-2, 1, { ...parts.at(-2)!, content: new Uint8Array(3000) }),
    ],
    ['an extra file', (parts) => [...parts, part('models/tiny/extra', text('x'))]],
    ['an extra file before the end', (parts) => parts.toSpliced(3, 0, part('models/tiny/a', text('x')))],
    ['a missing file', (parts) => parts.toSpliced(-2, 1)],
    ['a file twice', (parts) => [...parts, parts.at(-1)!]],
    ['two files in another order', (parts) => [...parts.slice(0, -2), parts.at(-1)!, parts.at(-2)!]],
    ['no manifest', (parts) => parts.slice(1)],
    ['no signature file', (parts) => parts.toSpliced(1, 1)],
    ['an oversized manifest', (parts) => parts.with(0, part('bundle.json', new Uint8Array((16 << 20) + 1)))],
  ])('%s', async (_, change) => {
    expect(await refusal(await signed(change))).toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  it.each<[string, (manifest: BundleManifest) => void]>([
    ['a "../" name in a manifest under a good signature', ({ files }) => void (files[0]!.path = 'models/../../evil')],
    ['a file twice in a manifest', ({ files }) => void files.push(files[0]!)],
    [
      'names that differ by case alone',
      ({ files }) => void files.push({ ...files[0]!, path: files[0]!.path.toUpperCase() }),
    ],
    ['a stray file in a manifest', ({ files }) => void files.push({ ...files[0]!, path: 'models/other/model.json' })],
    ['a manifest that lacks a file of its catalog', ({ files }) => void files.pop()],
    ['a catalog that was changed', ({ catalog }) => void (catalog.models[0]!.publisher = 'Somebody else')],
    ['a file of more than two gigabytes', ({ files }) => void (files[0]!.bytes = 2 ** 31 + 1)],
  ])('%s', async (_, edit) => {
    expect(await refusal(await signed((parts) => parts, edit))).toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  it.each<[string, () => Blob]>([
    ['an empty file', () => new Blob([])],
    ['a page of HTML', () => new Blob(['<!doctype html>'.padEnd(2048, ' ')])],
    ['zeros', () => new Blob([new Uint8Array(4096)])],
    [
      'a megabyte of noise',
      () => new Blob(Array.from({ length: 16 }, () => crypto.getRandomValues(new Uint8Array(65_536)))),
    ],
  ])('%s', async (_, make) => {
    expect(await refusal(make())).toMatchObject({ code: 'BUNDLE_INVALID', hint: expect.stringContaining('sha256') });
  });

  it('something after the end, and a file that ends early, wherever', async () => {
    const whole = await signed((parts) => parts);
    expect((await refusal(new Blob([whole, new Uint8Array(512)]))).message).toContain('follows its end');
    for (let share = 0; share < 1; share += 0.07) {
      const cut = whole.slice(0, Math.trunc(whole.size * share));
      expect(await refusal(cut)).toMatchObject({ code: 'BUNDLE_INVALID' });
    }
  });

  it('a flipped byte, wherever it is', async () => {
    const whole = new Uint8Array(await (await signed((parts) => parts)).arrayBuffer());
    for (let at = 0; at < whole.length; at += 977) {
      const bad = whole.slice();
      bad[at]! ^= 1 + (at % 255);
      await refusal(new Blob([bad]));
    }
  });

  it('what is no file', async () => {
    expect(await refusal('bundle' as unknown as Blob)).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('one that nobody has signed, or a stranger, or for something else', async () => {
    const { manifest, parts } = tinyBundle();
    const unsigned = blobOf([...(await headOf(manifest)), ...parts]);
    expect(await refusal(unsigned)).toMatchObject({ code: 'SIGNER_UNTRUSTED', facts: { reason: 'unsigned' } });
    const stranger = await createSigner();
    const foreign = blobOf([...(await headOf(manifest, stranger)), ...parts]);
    expect(await refusal(foreign)).toMatchObject({
      code: 'SIGNER_UNTRUSTED',
      facts: { reason: 'unknown', publicKey: stranger.publicKey },
    });
    const other: Signer = { ...signer, sign: () => signer.sign('0'.repeat(64)) };
    const moved = blobOf([...(await headOf(manifest, other)), ...parts]);
    expect(await refusal(moved)).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('one under a licence that nobody has accepted', async () => {
    const { manifest, parts } = tinyBundle({ licence: 'LicenseRef-Ours' });
    const file = blobOf([...(await headOf(manifest, signer)), ...parts]);
    expect(await refusal(file)).toMatchObject({
      code: 'LICENCE_NOT_ACCEPTED',
      facts: { licence: 'LicenseRef-Ours', models: 'tiny' },
    });
    const given = { trustedKeys: [signer.publicKey], acceptLicences: ['LicenseRef-Ours'] };
    expect(await device.models.importBundle(file, given)).toMatchObject({ models: ['tiny'] });
    // The same licence of the same model is not asked for again.
    const again = tinyBundle({ licence: 'LicenseRef-Ours', seed: 7 });
    const newer = blobOf([...(await headOf(again.manifest, signer)), ...again.parts]);
    await device.models.importBundle(newer, { trustedKeys: [signer.publicKey] });
  });
});
