import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FileRef } from '@terrace/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../system-clock.js';
import { createKey, exportKey, trustKey } from '../../trust/keys.js';
import { signFolder } from '../../trust/sign-folder.js';
import { openSigner } from '../../trust/signing.js';
import { noModels, temporaryFolder, tinyModels } from '../bundle/testing/tiny-models.js';
import { openFolder, openModelFolders } from '../catalog/model-folders.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { openContentStore } from '../content/content-store.js';
import { createFetcher } from '../fetch/fetcher.js';
import { planPull } from './plan-pull.js';
import type { PullPlan } from './pull-plan.js';
import { requireSizes } from './require-sizes.js';
import { runPull } from './run-pull.js';
import { requireSignedItems } from './source-signatures.js';

const { signal } = new AbortController();
const clock = systemClock;
let publisher: string;
let home: string;
let source: string;
let shipped: string;

beforeEach(async () => {
  [publisher, home, source, shipped] = [temporaryFolder(), temporaryFolder(), await tinyModels(), await noModels()];
  writeFileSync(path.join(source, 'deltas/weather/calibration.json'), '{}');
  await rebuildCatalog(source, []);
  await createKey({ owner: 'ACME', home: publisher, clock });
});

async function sign(): Promise<void> {
  const signer = await openSigner({ home: publisher, name: undefined, clock });
  await signFolder({ folder: await openFolder(source), bases: [], signer, signal });
}

async function trustPublisher(): Promise<void> {
  const out = path.join(temporaryFolder(), 'acme.key');
  await exportKey({ name: 'ACME', out, home: publisher });
  await trustKey({ file: out, home, clock });
}

async function setUp() {
  const storage = async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 });
  const store = await openContentStore(path.join(home, 'store'), { storage });
  const transport = { fetch, clock, random: Math.random, allowHttp: false };
  const fetcher = createFetcher({ store, transport, hub: 'https://hub.invalid' });
  const folders = await openModelFolders({ shipped, added: path.join(home, 'models'), fetcher });
  const local = { catalog: folders.current(), presence: folders.presence, locate: folders.locate };
  const opened = await fetcher.open(source, signal);
  const wish = { ids: [], providers: ['cpu'] };
  const plan = await planPull(opened, { wish, local, trust: { home, clock }, signal });
  return { plan, pull: { plan, source: opened, fetcher, overlay: path.join(home, 'models'), shipped, signal } };
}

const plan = async (): Promise<PullPlan> => (await setUp()).plan;
const only = (kind: string, { items, ...rest }: PullPlan): PullPlan => ({
  ...rest,
  items: items.filter((item) => item.kind === kind),
});
const refusal = (planned: PullPlan): unknown => {
  try {
    return requireSignedItems(planned);
  } catch (error) {
    return error;
  }
};

describe('the signature of a catalog that is pulled from', () => {
  it('is read before anything is fetched, and told', async () => {
    await sign();
    expect(await plan()).toMatchObject({
      signer: { kind: 'untrusted' },
      notes: [expect.stringContaining('signature')],
    });
    await trustPublisher();
    expect(await plan()).toMatchObject({ signer: { kind: 'trusted', owner: 'ACME' }, notes: [] });
  });

  it('ends the pull when it is one of another catalog', async () => {
    await sign();
    const signature = readFileSync(path.join(source, 'catalog.sig.json'));
    rmSync(path.join(source, 'deltas'), { recursive: true });
    await rebuildCatalog(source, []);
    writeFileSync(path.join(source, 'catalog.sig.json'), signature);
    await expect(plan()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('lets a calibration come to a device that requires signatures once its signer is trusted', async () => {
    expect(refusal(only('calibration', await plan()))).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    await sign();
    expect(refusal(only('calibration', await plan()))).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    await trustPublisher();
    expect(refusal(only('calibration', await plan()))).toBeUndefined();
  });

  it('does not cover a model that is laid out anew, and a delta brings its own', async () => {
    expect(refusal(only('delta', await plan()))).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    await sign();
    await trustPublisher();
    expect(refusal(only('model', await plan()))).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    expect(refusal(only('delta', await plan()))).toBeUndefined();
  });
});

describe('what is here already', () => {
  it.each(['weights', 'tokenizer'] as const)('is pulled again when a disk has damaged its %s', async (what) => {
    rmSync(path.join(source, 'deltas'), { recursive: true });
    await rebuildCatalog(source, []);
    await runPull({ ...(await setUp()).pull, onProgress: () => undefined });
    expect(await plan()).toMatchObject({ items: [], present: ['tiny'] });
    const added = await openFolder(path.join(home, 'models'));
    const model = added.catalog.models[0]!;
    const file: FileRef = what === 'weights' ? model.variants[0]!.weights : model.tokenizer;
    const object = path.join(home, 'store/sha256', file.sha256.slice(0, 2), file.sha256);
    const places = what === 'weights' ? [object] : [object, path.join(added.path, file.path)];
    for (const place of places) {
      rmSync(place);
      writeFileSync(place, Buffer.alloc(file.bytes, 1));
    }
    const { plan: again, pull } = await setUp();
    expect(again.items.map(({ id }) => id)).toEqual(['tiny']);
    await runPull({ ...pull, onProgress: () => undefined });
    expect(await plan()).toMatchObject({ items: [], present: ['tiny'] });
  });
});

it('a model whose types have different weights of one name is refused', async () => {
  const file = path.join(source, 'catalog.json');
  const catalog = JSON.parse(readFileSync(file, 'utf8'));
  const [variant] = catalog.models[0].variants;
  const weights = { ...variant.weights, path: 'other/model.onnx', sha256: 'b'.repeat(64) };
  catalog.models[0].variants.push({ ...variant, dtype: 'fp32', weights });
  writeFileSync(file, JSON.stringify(catalog));
  await expect(plan()).rejects.toMatchObject({ code: 'INVALID_CATALOG', facts: { model: 'tiny' } });
});

it('a file that is too large to be installed is refused before it is fetched', async () => {
  const planned = await plan();
  const [item] = planned.items;
  const huge = { path: 'x', sha256: 'a'.repeat(64), bytes: 2 ** 40 };
  const larger = { ...planned, items: [{ ...item!, files: new Map([['tokenizer.json', huge]]) }] };
  expect(requireSizes(planned)).toBe(planned);
  expect(() => requireSizes(larger)).toThrow(/at most/);
});
