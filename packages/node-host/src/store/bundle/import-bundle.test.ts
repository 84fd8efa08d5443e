import { chmodSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson, chooseContents } from '@terrace/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { revokeKey, rotateKey } from '../../trust/keys.js';
import { readTrust } from '../../trust/trust-file.js';
import { openModelFolders } from '../catalog/model-folders.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { archiveOf, END, partsOf } from './testing/tar-parts.js';
import { snapshot, temporaryFolder, tinyModels } from './testing/tiny-models.js';
import { at, clock, NOW, signal, twoParties } from './testing/two-parties.js';
import { writeBundle } from './write-bundle.js';

const DAY_MS = 86_400_000;

const { folders: parties, bundle, bringIn, trustPublisher, refusal } = twoParties();

describe('a bundle of a trusted signer', () => {
  beforeEach(() => trustPublisher());

  it('installs models and deltas, and says who signed', async () => {
    const imported = await bringIn(await bundle());
    expect(imported).toMatchObject({ models: ['tiny'], deltas: ['weather/tiny'], signer: { owner: 'ACME' } });
    const folders = await openModelFolders({
      shipped: parties.shipped,
      added: path.join(parties.device, 'models'),
      requireSignatures: true,
    });
    expect(folders.current().models[0]).toMatchObject({ id: 'tiny', version: '1.2.0' });
    expect(folders.current().deltas[0]).toMatchObject({ id: 'weather/tiny' });
  });

  it('can be imported again, and gives way to a newer one', async () => {
    const first = await bundle();
    await bringIn(first);
    await bringIn(first);
    await bringIn(await bundle({ from: await tinyModels({ seed: 'b' }) }));
    const folders = await openModelFolders({
      shipped: parties.shipped,
      added: path.join(parties.device, 'models'),
      requireSignatures: true,
    });
    expect(folders.current().models).toHaveLength(1);
  });

  it('brings weights again that a disk has damaged', async () => {
    const file = await bundle();
    await bringIn(file);
    const root = path.join(parties.device, 'store/sha256');
    const [object] = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.length > 60);
    const whole = readFileSync(path.join(root, object!));
    chmodSync(path.join(root, object!), 0o644);
    writeFileSync(path.join(root, object!), Buffer.alloc(whole.length));
    await bringIn(file);
    expect(readFileSync(path.join(root, object!))).toEqual(whole);
  });

  it('is the same file for the same content, but for the signature', async () => {
    const [a, b] = [await bundle(), await bundle()];
    expect(partsOf(readFileSync(a)).filter(({ name }) => name !== 'bundle.sig.json')).toEqual(
      partsOf(readFileSync(b)).filter(({ name }) => name !== 'bundle.sig.json'),
    );
  });

  it('has the headers that it will always have: a bundle outlives the program that wrote it', async () => {
    const archive = readFileSync(await bundle({ sign: false }));
    expect(archive.subarray(0, 512).toString('latin1').replaceAll('\0', '.')).toMatch(
      /^bundle\.json\.{89}0000644\.0000000\.0000000\.[0-7]{11}\.00000000000\.[0-7]{6}\. 0\.{100}ustar\.00\.{247}$/,
    );
    expect(archive.subarray(-1024).equals(END)).toBe(true);
  });

  it('is not installed when it was cancelled', async () => {
    const { code } = await refusal(await bundle(), {
      signal: AbortSignal.abort(Object.assign(new Error(), { code: 'x' })),
    });
    expect(code).toBe('x');
  });
});

describe('writing a bundle', () => {
  it('leaves nothing when it is cancelled or a file is not what the catalog says', async () => {
    const out = path.join(temporaryFolder(), 'models.terrace');
    writeFileSync(out, 'an older one');
    const folders = await openModelFolders({ shipped: parties.models, added: '/no/models/were/added' });
    const contents = chooseContents(folders.current(), { ids: ['weather/tiny'], domain: undefined });
    const write = (stop: AbortSignal) =>
      writeBundle({ contents, folders, out, signer: undefined, signal: stop, onProgress: () => undefined });
    await expect(write(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    writeFileSync(path.join(parties.models, 'tiny/model.onnx'), Buffer.alloc(600));
    await expect(write(signal)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    expect(snapshot(path.dirname(out))).toEqual({ 'models.terrace': Buffer.from('an older one').toString('base64') });
  });

  it('says which name cannot be in one', async () => {
    const long = `${'x'.repeat(120)}.onnx`;
    renameSync(path.join(parties.models, 'tiny/model.onnx'), path.join(parties.models, 'tiny', long));
    const manifest = path.join(parties.models, 'tiny/model.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('model.onnx', long));
    await rebuildCatalog(parties.models, []);
    await expect(bundle()).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(long) as string,
    });
  });
});

describe('who signed', () => {
  it.each([
    ['an unknown signer', async () => undefined, 'does not know that key'],
    [
      'a revoked key',
      async () => (await trustPublisher(), void (await revokeKey({ name: 'ACME', home: parties.device, clock }))),
      'revoked',
    ],
    ['an expired key', () => trustPublisher('ACME', new Date(NOW).toISOString()), 'expired'],
  ])('%s is refused', async (_, prepare, why) => {
    const file = await bundle();
    await prepare();
    expect(await refusal(file)).toMatchObject({ code: 'SIGNER_UNTRUSTED', message: expect.stringContaining(why) });
  });

  it('a key counts until it expires by the clock of the device', async () => {
    await trustPublisher('ACME', new Date(NOW + DAY_MS).toISOString());
    const file = await bundle();
    expect(await refusal(file, { clock: at(NOW + DAY_MS) })).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    await bringIn(file, { clock: at(NOW + DAY_MS - 1) });
  });

  it('a wrong signature is refused', async () => {
    await trustPublisher();
    const [ours, theirs] = [await bundle(), await bundle({ from: await tinyModels({ seed: 'b' }) })];
    const seal = (file: string): { sha256: string; signed: object } =>
      JSON.parse(partsOf(readFileSync(file))[1]!.content.toString());
    // The signature of another bundle under the hash of this one.
    const mixed = Buffer.from(`${canonicalJson({ ...seal(ours), signed: seal(theirs).signed })}\n`);
    const parts = partsOf(readFileSync(ours)).map((part, i) => (i === 1 ? { ...part, content: mixed } : part));
    writeFileSync(ours, archiveOf(parts));
    expect(await refusal(ours)).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('nobody is refused, unless that was asked for', async () => {
    const file = await bundle({ sign: false });
    expect(await refusal(file)).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    expect(await bringIn(file, { allowUnsigned: true })).toMatchObject({ signer: { kind: 'unsigned' } });
    const opening = openModelFolders({
      shipped: parties.shipped,
      added: path.join(parties.device, 'models'),
      requireSignatures: true,
    });
    await expect(opening).rejects.toMatchObject({ code: 'SIGNER_UNTRUSTED' });
  });

  it('an unknown signer is not let in by --allow-unsigned', async () => {
    expect(await refusal(await bundle(), { allowUnsigned: true })).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
  });
});

describe('rotation', () => {
  it('a device that trusts the old key takes a bundle of the new one, and trusts it from then on', async () => {
    await trustPublisher();
    const second = await rotateKey({ name: 'ACME', home: parties.publisher, clock });
    const third = await rotateKey({ name: second.keyId, home: parties.publisher, clock });
    const imported = await bringIn(await bundle({ key: third.keyId }));
    expect(imported.acceptedKeys).toEqual([third.keyId, second.keyId]);
    const keys = await readTrust(parties.device);
    expect(keys.map(({ keyId, owner, replacedBy }) => [keyId, owner, replacedBy])).toEqual([
      [keys[0]!.keyId, 'ACME', second.keyId],
      [third.keyId, 'ACME', undefined],
      [second.keyId, 'ACME', third.keyId],
    ]);
  });

  it('a revoked old key endorses nothing, and neither does an expired one', async () => {
    await trustPublisher('ACME', new Date(NOW + DAY_MS).toISOString());
    const [old] = await readTrust(parties.device);
    const fresh = await rotateKey({ name: 'ACME', home: parties.publisher, clock });
    const file = await bundle({ key: fresh.keyId });
    expect(await refusal(file, { clock: at(NOW + 2 * DAY_MS) })).toMatchObject({
      message: expect.stringContaining('expired'),
    });
    await revokeKey({ name: old!.keyId, home: parties.device, clock });
    expect(await refusal(file)).toMatchObject({
      code: 'SIGNER_UNTRUSTED',
      message: expect.stringContaining('revoked'),
    });
  });

  it('a revoked new key is not brought back by the old one', async () => {
    await trustPublisher();
    const fresh = await rotateKey({ name: 'ACME', home: parties.publisher, clock });
    const file = await bundle({ key: fresh.keyId });
    await bringIn(file);
    await revokeKey({ name: fresh.keyId, home: parties.device, clock });
    expect(await refusal(file)).toMatchObject({ message: expect.stringContaining('revoked') });
  });
});

describe('licences', () => {
  beforeEach(async () => {
    await trustPublisher();
    parties.models = await tinyModels({ licence: 'research-only' });
  });

  it('one that is not open has to be accepted, and that is recorded', async () => {
    const file = await bundle();
    expect(await refusal(file)).toMatchObject({
      code: 'LICENCE_NOT_ACCEPTED',
      hint: expect.stringContaining('--accept-licence research-only'),
    });
    await bringIn(file, { accepted: ['research-only'] });
    const record: unknown = JSON.parse(readFileSync(path.join(parties.device, 'licences.json'), 'utf8'));
    expect(record).toMatchObject({
      accepted: [
        {
          licence: 'research-only',
          model: 'tiny',
          publisher: 'Test',
          how: 'flag',
          acceptedAt: '2031-05-01T12:00:00.000Z',
        },
      ],
    });
    await bringIn(file);
  });

  it('somebody who is asked may say yes or no', async () => {
    const file = await bundle();
    const asked: string[] = [];
    const answer = (yes: boolean) => async (licence: string) => (asked.push(licence), yes);
    expect(await refusal(file, { ask: answer(false) })).toMatchObject({ code: 'LICENCE_NOT_ACCEPTED' });
    await bringIn(file, { ask: answer(true) });
    expect(asked).toEqual(['research-only', 'research-only']);
  });
});
