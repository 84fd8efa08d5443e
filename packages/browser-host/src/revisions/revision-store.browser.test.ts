import { contentId, ladderRevision, type Calibration, type Catalog, type Model } from '@terrace/core';
import type { PackedDelta, RevisionDraft } from '@terrace/core/deltas';
import { exampleCalibration, exampleDelta, exampleModel } from '@terrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { openRemoteModels, storedNames, type ModelsUnderTest } from '../bundles/testing/open-remote-models.js';
import { blobOf, headOf, sha256Of, tinyBundle } from '../bundles/testing/tiny-bundle.js';
import { startHash } from '../store/part.js';
import { someBytes } from '../store/testing/scripted-site.js';

const { origin } = location;
const ALLOWED = { allowUnsigned: true };

const send = (method: string, params: object): Promise<unknown> =>
  (cdp() as unknown as { send(method: string, params: object): Promise<unknown> }).send(method, params);
afterEach(() => send('Storage.overrideQuotaForOrigin', { origin }));

const shipped = tinyBundle();
const fileOf = async ({ manifest, parts }: typeof shipped): Promise<Blob> =>
  blobOf([...(await headOf(manifest)), ...parts]);

async function openDevice(): Promise<ModelsUnderTest> {
  const device = await openRemoteModels();
  await device.models.importBundle(await fileOf(shipped), ALLOWED);
  return device;
}

function packed(domain: string, { seed, bytes = 900 }: { seed: number; bytes?: number }): PackedDelta {
  const model: Model = shipped.manifest.catalog.models[0]!;
  const { base, labels, outOfScopeLabel, subDomains: subdomains } = exampleDelta(model);
  const facts = { method: 'logistic' as const, parents: [] };
  const id = `${domain.replace('/', '.')}/tiny`;
  const manifest = { format: 2 as const, id, domain, base, rank: 0, labels, outOfScopeLabel, subdomains, facts };
  const text = new TextEncoder().encode(JSON.stringify(manifest)) as Uint8Array<ArrayBuffer>;
  const files = new Map([
    ['delta.json', text],
    ['head.safetensors', someBytes(bytes, seed)],
  ]);
  const hashes = [...files.values()].map(sha256Of).toSorted();
  return { manifest, contentId: contentId(hashes, startHash), files };
}

const draft = (domain: string, seed: number, more: Partial<RevisionDraft> = {}): RevisionDraft => ({
  domain,
  origin: 'fitted',
  deltas: [packed(domain, { seed })],
  calibration: undefined,
  ...more,
});

const headsOf = ({ deltas }: Catalog, domain: string): string[] =>
  deltas.filter((delta) => delta.domain === domain).map(({ head }) => head.sha256);
const revisionIn = ({ domains }: Catalog, domain: string): string | undefined =>
  domains.find(({ id }) => id === domain)?.ladderRevision;

/** What a calibration of the domain with these deltas says. */
function calibrationOf(domain: string, delta: PackedDelta): Calibration {
  const [model] = shipped.manifest.catalog.models;
  const { base, labels, outOfScopeLabel, subdomains } = delta.manifest;
  const changes = { id: delta.manifest.id, domain, base, labels, outOfScopeLabel, contentId: delta.contentId };
  const own = exampleDelta(model ?? exampleModel({ id: 'tiny' }), { ...changes, subDomains: subdomains, rank: 0 });
  const catalog = { ...shipped.manifest.catalog, deltas: [own] };
  return { ...exampleCalibration(catalog), domain };
}

describe('a ladder revision', () => {
  it('is in force at once and at the next start, under the id it was kept by, with its calibration', async () => {
    const device = await openDevice();
    const delta = packed('parts', { seed: 1 });
    const calibration = calibrationOf('parts', delta);
    const kept = await device.models.keep({ domain: 'parts', origin: 'fitted', deltas: [delta], calibration });
    expect(revisionIn(await device.models.current(), 'parts')).toBeUndefined();
    await device.models.activate('parts', kept.id);
    for (const each of [device, await openRemoteModels({ name: device.name })]) {
      const catalog = await each.models.current();
      expect(revisionIn(catalog, 'parts')).toBe(kept.id);
      const own = catalog.domains.find(({ id }) => id === 'parts')!;
      expect(ladderRevision(kept.deltas, own.calibration, startHash)).toBe(kept.id);
      expect(await each.models.presence(kept.deltas[0]!.head)).toBe('here');
      expect(await each.models.calibrated('parts')).toBe(true);
      expect(await each.models.calibrationOf(kept)).toEqual(calibration);
      expect(await each.models.revision('parts')).toEqual(kept);
      expect(await each.models.revisions('parts')).toEqual([kept]);
      expect(each.warnings).toEqual([]);
    }
  });

  it('takes the place of what came with the models, which is back after a rollback', async () => {
    const device = await openDevice();
    const before = await device.models.current();
    const first = await device.models.keep(draft('bank', 1));
    await device.models.activate('bank', first.id);
    expect(headsOf(await device.models.current(), 'bank')).toEqual([sha256Of(someBytes(900, 1))]);
    const second = await device.models.keep(draft('bank', 2));
    await device.models.activate('bank', second.id);
    expect([first.parent, second.parent]).toEqual([undefined, first.id]);
    expect((await device.models.revisions('bank')).map(({ id }) => id)).toEqual([second.id, first.id]);
    await device.models.activate('bank', second.parent);
    expect(await device.models.revision('bank')).toEqual(first);
    for (const _ of ['once', 'again']) await device.models.activate('bank', first.parent);
    expect(await device.models.current()).toEqual(before);
    expect(await device.models.calibrated('bank')).toBe(true);
    expect(await device.models.revision('bank')).toBeUndefined();
  });

  it('goes into a bundle with the words of its manifest', async () => {
    const device = await openDevice();
    const kept = await device.models.keep(draft('bank/cards', 3));
    await device.models.activate('bank/cards', kept.id);
    const { file, deltas, leftOut } = await device.models.exportBundle({});
    expect([deltas, leftOut]).toEqual([['bank/tiny', 'bank.cards/tiny'].toSorted(), []]);
    const other = await openRemoteModels();
    await other.models.importBundle(file, ALLOWED);
    expect(headsOf(await other.models.current(), 'bank/cards')).toEqual(
      headsOf(await device.models.current(), 'bank/cards'),
    );
  });

  it('is kept once, and is not found under another name', async () => {
    const device = await openDevice();
    const [first, second] = [await device.models.keep(draft('parts', 1)), await device.models.keep(draft('parts', 1))];
    expect(second).toEqual(first);
    expect(await device.models.revisions('parts')).toHaveLength(1);
    for (const domain of ['parts', 'bank'])
      await expect(device.models.activate(domain, 'f'.repeat(64))).rejects.toMatchObject({ code: 'UNKNOWN_REVISION' });
    await expect(device.models.activate('bank', first.id)).rejects.toMatchObject({ code: 'UNKNOWN_REVISION' });
  });

  it('is whole again when it is fitted anew after the browser has thrown a file of it away', async () => {
    const device = await openDevice();
    const kept = await device.models.keep(draft('parts', 1));
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(device.name);
    await folder.removeEntry(kept.deltas[0]!.head.sha256);
    expect(await device.models.keep(draft('parts', 1))).toEqual(kept);
    await device.models.activate('parts', kept.id);
    expect(revisionIn(await device.models.current(), 'parts')).toBe(kept.id);
    expect(await storedNames(device)).toContain(kept.deltas[0]!.head.sha256);
  });

  it('leaves deltas out by their base, and all of them', async () => {
    const device = await openDevice();
    const none = await device.models.keep({ ...draft('bank', 1), deltas: [], without: ['tiny'], origin: 'detached' });
    await device.models.activate('bank', none.id);
    const again = await openRemoteModels({ name: device.name });
    expect(headsOf(await again.models.current(), 'bank')).toEqual([]);
  });

  it('rests while its models are others, with a warning', async () => {
    const device = await openDevice();
    const kept = await device.models.keep(draft('parts', 1));
    await device.models.activate('parts', kept.id);
    await device.models.importBundle(await fileOf(tinyBundle({ seed: 9 })), ALLOWED);
    const next = await openRemoteModels({ name: device.name });
    expect(revisionIn(await next.models.current(), 'parts')).toBeUndefined();
    expect(await next.models.revisions('parts')).toHaveLength(1);
    await expect(next.models.activate('parts', kept.id)).rejects.toMatchObject({ code: 'DELTA_MISMATCH' });
    await next.models.importBundle(await fileOf(shipped), ALLOWED);
    expect(revisionIn(await next.models.current(), 'parts')).toBe(kept.id);
  });
});

describe('what does not end well', () => {
  it('a base that is not there is refused', async () => {
    const device = await openRemoteModels();
    await expect(device.models.keep(draft('parts', 1))).rejects.toMatchObject({ code: 'DELTA_MISMATCH' });
  });

  it('what could not be read again is not kept', async () => {
    const device = await openDevice();
    const names = await storedNames(device);
    const delta = packed('parts', { seed: 1 });
    const manifest = { ...delta.manifest, subdomains: { cards: ['no label of it'] } };
    await expect(device.models.keep({ ...draft('parts', 1), deltas: [{ ...delta, manifest }] })).rejects.toMatchObject({
      code: 'INVALID_CATALOG',
    });
    expect(await storedNames(device)).toEqual(names);
    expect(await device.models.revisions('parts')).toEqual([]);
  });

  it('a full storage keeps nothing of it, and what is in force goes on', async () => {
    const device = await openDevice();
    const kept = await device.models.keep(draft('parts', 1));
    await device.models.activate('parts', kept.id);
    const names = await storedNames(device);
    const { usage = 0 } = await navigator.storage.estimate();
    await send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 500_000 });
    const large = { ...draft('parts', 2), deltas: [packed('parts', { seed: 2, bytes: 3_000_000 })] };
    await expect(device.models.keep(large)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      facts: { reason: 'QuotaExceededError' },
    });
    expect(await storedNames(device)).toEqual(names);
    expect(revisionIn(await device.models.current(), 'parts')).toBe(kept.id);
  });

  it.each([1, 8])('a worker killed %i ms into a promotion leaves the old one or the new one', async (lifeMs) => {
    const device = await openDevice();
    const [old, fresh] = [await device.models.keep(draft('parts', 1)), await device.models.keep(draft('parts', 2))];
    await device.models.activate('parts', old.id);
    void device.models.activate('parts', fresh.id).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    device.kill();
    const next = await openRemoteModels({ name: device.name });
    const inForce = (await next.models.revision('parts'))!;
    expect([old.id, fresh.id]).toContain(inForce.id);
    const catalog = await next.models.current();
    expect(revisionIn(catalog, 'parts')).toBe(inForce.id);
    expect(headsOf(catalog, 'parts')).toEqual(inForce.deltas.map(({ head }) => head.sha256));
    await next.models.activate('parts', undefined);
    expect(revisionIn(await next.models.current(), 'parts')).toBeUndefined();
  });
});
