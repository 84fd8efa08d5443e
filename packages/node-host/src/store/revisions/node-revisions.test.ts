import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  ArtifactCorruptError,
  DeltaMismatchError,
  InvalidCatalogError,
  UnknownRevisionError,
  UntrustedSignerError,
  type Calibration,
} from '@terrace/core';
import type { PackedDelta, RevisionDraft } from '@terrace/core/deltas';
import { exampleCalibration, exampleCatalog } from '@terrace/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { packedDelta } from '../testing/packed-delta.js';
import { openModelFolders, shippedModels } from '../catalog/model-folders.js';
import { readVerified } from '../files/verified-file.js';
import { checkKept } from './check-deltas.js';
import { NodeRevisions } from './node-revisions.js';
import { packDelta } from './pack-delta.js';
import { createRevisionFiles } from './revision-files.js';

const DOMAIN = 'spare-parts';

function device({ requireSignatures = false } = {}) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-revisions-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const added = path.join(home, 'models');
  const folders = () => openModelFolders({ shipped: shippedModels(), added });
  let wallMs = 1000;
  const clock = { wallMs: () => wallMs++ };
  const revisions = new NodeRevisions({ home, folders, clock, requireSignatures });
  const draft = (deltas: readonly PackedDelta[], more: Partial<RevisionDraft> = {}): RevisionDraft => ({
    domain: deltas[0]?.manifest.domain ?? DOMAIN,
    origin: 'fitted',
    deltas,
    calibration: undefined,
    ...more,
  });
  const revisionOf = async (domain = DOMAIN) =>
    (await folders()).current().domains.find(({ id }) => id === domain)?.ladderRevision;
  return { home, added, folders, revisions, draft, revisionOf };
}

const first = packedDelta({ domain: DOMAIN, variant: 1 });
const second = packedDelta({ domain: DOMAIN, variant: 2 });

it('keeps a revision under the id that the domain has while it is in force', async () => {
  const { revisions, draft, revisionOf, home } = device();
  const kept = await revisions.keep(draft([first]));
  expect(await revisionOf()).toBeUndefined();
  await revisions.activate(DOMAIN, kept.id);
  expect(await revisionOf()).toBe(kept.id);
  expect(await revisions.current(DOMAIN)).toEqual(kept);
  expect(kept).toMatchObject({ domain: DOMAIN, origin: 'fitted', parent: undefined, madeAtWallMs: 1000 });
  expect(readdirSync(path.join(home, 'revisions/.incoming'))).toEqual([]);
});

it('keeps the same content once, and names what was in force when it was made', async () => {
  const { revisions, draft } = device();
  const a = await revisions.keep(draft([first]));
  await revisions.activate(DOMAIN, a.id);
  const b = await revisions.keep(draft([second]));
  expect(b.parent).toBe(a.id);
  expect(await revisions.keep(draft([first], { origin: 'learnt' }))).toEqual(a);
  expect((await revisions.list(DOMAIN)).map(({ id }) => id)).toEqual([b.id, a.id]);
});

it('goes back to what ships, and forward again', async () => {
  const { revisions, draft, revisionOf, added } = device();
  const shipped = await revisionOf('banking77');
  const kept = await revisions.keep(draft([packedDelta({ domain: 'banking77', variant: 3 })]));
  await revisions.activate('banking77', kept.id);
  expect(await revisionOf('banking77')).toBe(kept.id);
  await revisions.activate('banking77', undefined);
  expect(await revisionOf('banking77')).toBe(shipped);
  expect(existsSync(path.join(added, 'deltas/banking77'))).toBe(false);
  await revisions.activate('banking77', kept.id);
  expect(await revisionOf('banking77')).toBe(kept.id);
});

it('lists the whole ladder of a domain of which one rung is new', async () => {
  const { revisions, draft, folders } = device();
  const kept = await revisions.keep(draft([packedDelta({ domain: 'banking77', variant: 4 })]));
  expect(kept.deltas.map(({ base }) => base.id).toSorted()).toEqual(['base', 'nano', 'small']);
  await revisions.activate('banking77', kept.id);
  const now = (await folders()).current().deltas.filter(({ domain }) => domain === 'banking77');
  expect(now.map(({ contentId }) => contentId).toSorted()).toEqual(
    kept.deltas.map(({ contentId }) => contentId).toSorted(),
  );
});

it('carries deltas that a draft does not speak of, and leaves out those that go', async () => {
  const { revisions, draft } = device();
  const a = await revisions.keep(draft([first]));
  await revisions.activate(DOMAIN, a.id);
  const b = await revisions.keep(draft([packedDelta({ domain: DOMAIN, base: 'base' })]));
  expect(b.deltas.map(({ base }) => base.id).toSorted()).toEqual(['base', 'nano']);
  await revisions.activate(DOMAIN, b.id);
  const c = await revisions.keep(draft([], { origin: 'detached', without: ['nano'] }));
  expect(c.deltas.map(({ base }) => base.id)).toEqual(['base']);
});

it('can be without any delta, and be left again', async () => {
  const { revisions, draft, revisionOf } = device();
  const a = await revisions.keep(draft([first]));
  await revisions.activate(DOMAIN, a.id);
  const nothing = await revisions.keep(draft([], { origin: 'detached', without: ['nano'] }));
  await revisions.activate(DOMAIN, nothing.id);
  expect(await revisionOf()).toBeUndefined();
  expect(await revisions.current(DOMAIN)).toEqual(nothing);
  await revisions.activate(DOMAIN, nothing.parent);
  expect(await revisionOf()).toBe(a.id);
});

it('is not in force where what ships is the same: then there is nothing to take back', async () => {
  const { revisions, folders, draft, added } = device();
  const shipped = await packDelta(path.join(shippedModels(), 'deltas/banking77/nano'));
  const kept = await revisions.keep(draft([shipped]));
  expect(kept.id).toBe((await folders()).current().domains.find(({ id }) => id === 'banking77')?.ladderRevision);
  expect(await revisions.current('banking77')).toBeUndefined();
  await revisions.activate('banking77', kept.id);
  expect(existsSync(path.join(added, 'deltas/banking77'))).toBe(true);
  expect(await revisions.current('banking77')).toEqual(kept);
});

it('keeps what it finds in force before something else takes its place', async () => {
  const { revisions, draft, revisionOf, home } = device();
  const a = await revisions.keep(draft([first]));
  await revisions.activate(DOMAIN, a.id);
  rmSync(path.join(home, 'revisions'), { recursive: true });
  expect(await revisions.current(DOMAIN)).toBeUndefined();
  const b = await revisions.keep(draft([second]));
  await revisions.activate(DOMAIN, b.id);
  const [, found] = await revisions.list(DOMAIN).then((all) => all.toSorted((x) => (x.origin === 'found' ? 1 : -1)));
  expect(found).toMatchObject({ id: a.id, origin: 'found' });
  expect(b.parent).toBe(a.id);
  await revisions.activate(DOMAIN, b.parent);
  expect(await revisionOf()).toBe(a.id);
});

it('has a calibration of its own, and that of what ships where it holds', async () => {
  const { revisions, draft, folders } = device();
  const deltas = [packedDelta({ domain: DOMAIN, variant: 5 })];
  const nano = (await folders()).current().models.find(({ id }) => id === 'nano')!;
  const calibration: Calibration = {
    ...exampleCalibration(exampleCatalog()),
    domain: DOMAIN,
    tiers: { nano: { variant: nano.variants[0]!.weights.sha256, delta: deltas[0]!.contentId } },
  };
  const kept = await revisions.keep(draft(deltas, { calibration }));
  expect(await revisions.calibration(kept)).toEqual(calibration);
  await revisions.activate(DOMAIN, kept.id);
  expect((await revisions.current(DOMAIN))?.id).toBe(kept.id);
  expect(await (await folders()).calibration(DOMAIN)).toEqual(calibration);
  const without = await revisions.keep(draft([], { without: [] }));
  expect(without.id).not.toBe(kept.id);
  expect(await revisions.calibration(without)).toBeUndefined();
});

it('refuses a delta of another base, and one that is not what it says', async () => {
  const { revisions, draft } = device();
  const { manifest, files } = first;
  const foreign = { ...manifest, base: { id: 'nano', files: { q4: 'f'.repeat(64) } } };
  const text = new TextEncoder().encode(JSON.stringify(foreign));
  const packed = { ...first, manifest: foreign, files: new Map([...files, ['delta.json', text] as const]) };
  await expect(revisions.keep(draft([packed]))).rejects.toSatisfy((error) => DeltaMismatchError.isInstance(error));
  await expect(revisions.keep(draft([{ ...first, contentId: 'a'.repeat(64) }]))).rejects.toSatisfy((error) =>
    ArtifactCorruptError.isInstance(error),
  );
  const outside = { ...first, files: new Map([...files, ['../evil', text] as const]) };
  await expect(revisions.keep(draft([outside]))).rejects.toSatisfy((error) => InvalidCatalogError.isInstance(error));
  expect(await revisions.list(DOMAIN)).toEqual([]);
});

it.each(['head.safetensors', 'delta.json'])('refuses a kept revision whose %s was tampered with', async (name) => {
  const { revisions, draft, revisionOf } = device();
  const a = await revisions.keep(draft([first]));
  const b = await revisions.keep(draft([second]));
  await revisions.activate(DOMAIN, a.id);
  const file = path.join(revisions.kept(b).folder, 'deltas', DOMAIN, 'nano', name);
  const content = readFileSync(file);
  content[content.length - 3]! ^= 1;
  rmSync(file);
  writeFileSync(file, content);
  await expect(revisions.activate(DOMAIN, b.id)).rejects.toSatisfy((error) => ArtifactCorruptError.isInstance(error));
  rmSync(file);
  await expect(revisions.activate(DOMAIN, b.id)).rejects.toSatisfy((error) => ArtifactCorruptError.isInstance(error));
  expect(await revisionOf()).toBe(a.id);
});

it('says which revisions there are when it is asked for another', async () => {
  const { revisions } = device();
  for (const id of ['0'.repeat(64), '../../models', ''])
    await expect(revisions.activate(DOMAIN, id)).rejects.toSatisfy((error) => UnknownRevisionError.isInstance(error));
});

it('puts nothing in force that nobody signed where signatures are required', async () => {
  const { revisions, draft, revisionOf } = device({ requireSignatures: true });
  const kept = await revisions.keep(draft([first]));
  const error: unknown = await revisions.activate(DOMAIN, kept.id).catch((reason: unknown) => reason);
  expect(UntrustedSignerError.isInstance(error) && error.hint).toContain('terrace delta sign');
  expect(await revisionOf()).toBeUndefined();
});

it('passes over a revision that cannot be read, says so when asked, and keeps it anew', async () => {
  const { revisions, draft, folders } = device();
  const { models } = (await folders()).current();
  const trust = { home: '/no/keys', clock: { wallMs: () => 0 } };
  const check = () => checkKept(revisions, DOMAIN, { models, trust });
  const kept = await revisions.keep(draft([first]));
  writeFileSync(path.join(revisions.kept(kept).folder, 'revision.json'), '{"format": 1');
  expect(await revisions.list(DOMAIN)).toEqual([]);
  expect(await check()).toMatchObject([{ id: kept.id, fault: expect.stringContaining('revision.json') }]);
  expect(await revisions.keep(draft([first]))).toMatchObject({ id: kept.id });
  expect(await check()).toEqual([{ what: 'revision', id: kept.id }]);
});

it('keeps anew what was damaged since it was kept, and goes back to where it went back to', async () => {
  const { revisions, draft, revisionOf } = device();
  const a = await revisions.keep(draft([first]));
  await revisions.activate(DOMAIN, a.id);
  const b = await revisions.keep(draft([second]));
  const head = path.join(revisions.kept(b).folder, b.deltas[0]!.head.path);
  const bytes = readFileSync(head);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(head, bytes);
  await expect(revisions.activate(DOMAIN, b.id)).rejects.toSatisfy((error) => ArtifactCorruptError.isInstance(error));
  await revisions.activate(DOMAIN, undefined);
  expect(await revisions.keep(draft([second]))).toMatchObject({ id: b.id, parent: a.id });
  await revisions.activate(DOMAIN, b.id);
  expect(await revisionOf()).toBe(b.id);
});

it('puts in force anew what is, and was damaged there', async () => {
  const { revisions, draft, folders, added } = device();
  const kept = await revisions.keep(draft([first]));
  await revisions.activate(DOMAIN, kept.id);
  const { head } = kept.deltas[0]!;
  const damage = Buffer.from(first.files.get('head.safetensors')!);
  damage[damage.length - 1]! ^= 1;
  // Both are one file.
  writeFileSync(path.join(added, head.path), damage);
  expect(await revisions.keep(draft([first]))).toMatchObject({ id: kept.id });
  await revisions.activate(DOMAIN, kept.id);
  expect(await readVerified(await (await folders()).locate(head))).toEqual(first.files.get('head.safetensors'));
});

it('puts bytes where an engine can read them until it is closed', async () => {
  const { revisions, home } = device();
  const bytes = new TextEncoder().encode('factors');
  const file = await revisions.scratch(bytes);
  expect(file.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(await readVerified(await revisions.scratch(bytes))).toEqual(bytes);
  await revisions.close();
  expect(existsSync(file.location)).toBe(false);
  expect(readdirSync(path.join(home, 'revisions/.incoming'))).toEqual([]);
});

it('has files of revisions found by their content, in force or not', async () => {
  const { revisions, draft, home } = device();
  const files = createRevisionFiles(path.join(home, 'revisions'));
  const kept = await revisions.keep(draft([first]));
  const head = kept.deltas[0]!.head;
  expect(await readVerified({ ...head, location: files.find(head)! })).toEqual(first.files.get('head.safetensors'));
  expect(files.find({ sha256: 'f'.repeat(64) })).toBeUndefined();
  const later = await revisions.keep(draft([second]));
  expect(files.find(later.deltas[0]!.head)).toContain(later.id);
});
