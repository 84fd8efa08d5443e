import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CalibrationMismatchError,
  InvalidCatalogError,
  InvalidRequestError,
  filesOf,
  type Catalog,
} from '@terrace/core';
import { describeCatalogSourceContract, describeModelStoreContract, fakeFile } from '@terrace/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../system-clock.js';
import { openContentStore } from '../content/content-store.js';
import { createFetcher } from '../fetch/fetcher.js';
import { sha256Of, startFileServer } from '../testing/file-server.js';
import { textModelOf } from './check-files.js';
import { openFolder, openModelFolders, shippedModels } from './model-folders.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-folders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shipped = shippedModels();
const none = path.join(folder, 'nothing-was-added');
const open = () => openModelFolders({ shipped, added: none });
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);
const calibrationOf = (domain: string): string => path.join(shipped, 'deltas', domain, 'calibration.json');

describeCatalogSourceContract('a folder of models', open);

describeModelStoreContract('a folder of models', async () => {
  const store = await open();
  return { store, present: store.current().models[0]!.tokenizer, absent: fakeFile('none.onnx') };
});

describeModelStoreContract('a folder of models whose weights are elsewhere', async () => {
  const root = mkdtempSync(path.join(folder, 'elsewhere-'));
  const weights = Buffer.from('the weights of a model');
  const server = await startFileServer({ '/far/weights.onnx': weights });
  const remote = { path: 'models/far/weights.onnx', bytes: weights.length, sha256: sha256Of(weights) };
  const { catalog } = await openFolder(shipped);
  const far = { ...catalog.models[0]!, id: 'far', source: `${server.address}/far/` };
  const models = [{ ...far, variants: [{ ...far.variants[0]!, weights: remote }] }];
  mkdirSync(path.join(root, 'models'));
  const content = { ...catalog, models, deltas: [], domains: [], ladders: [] };
  writeFileSync(path.join(root, 'models/catalog.json'), JSON.stringify(content));
  const contents = await openContentStore(path.join(root, 'store'), {
    storage: async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 }),
  });
  const transport = { fetch, clock: systemClock, random: Math.random, allowHttp: false };
  const fetcher = createFetcher({ store: contents, transport, hub: server.address });
  const store = await openModelFolders({ shipped, added: path.join(root, 'models'), fetcher });
  return { store, present: catalog.models[0]!.tokenizer, absent: fakeFile('none.onnx'), remote };
});

describe('the shipped folder', () => {
  it('is found by the name of its package', () => {
    expect(JSON.parse(readFileSync(path.join(shipped, 'catalog.json'), 'utf8'))).toMatchObject({ format: 1 });
  });

  it('holds every file that its catalog names, at the size it names, but for those of text models', async () => {
    const folders = await open();
    const files = filesOf(folders.current()).filter((file) => !textModelOf(file, folders.current()));
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const { location } = await folders.locate(file);
      expect(readFileSync(location)).toHaveLength(file.bytes);
    }
  });

  it('opens without a warning', async () => {
    expect((await open()).warnings).toEqual([]);
  });
});

describe('a folder beside it', () => {
  /** A folder with one delta of its own for clinc150 on nano. */
  function added(name: string): string {
    const own = path.join(folder, name);
    const catalog = JSON.parse(readFileSync(path.join(shipped, 'catalog.json'), 'utf8')) as Catalog;
    const delta = catalog.deltas.find(({ id }) => id === 'clinc150/nano')!;
    const head = { path: 'mine/head.safetensors', bytes: 4, sha256: 'c'.repeat(64) };
    const content = {
      ...catalog,
      models: [],
      ladders: [],
      deltas: [{ ...delta, id: 'mine', contentId: 'd'.repeat(64), head }],
      domains: catalog.domains.filter(({ id }) => id === 'clinc150').map(({ calibration: _, ...domain }) => domain),
    };
    mkdirSync(path.join(own, 'mine'), { recursive: true });
    writeFileSync(path.join(own, head.path), 'head');
    writeFileSync(path.join(own, 'catalog.json'), JSON.stringify(content));
    return own;
  }

  it('wins where the place is the same, and its files are found in it', async () => {
    const own = added('wins');
    const folders = await openModelFolders({ shipped, added: own });
    const { deltas } = folders.current();
    expect(deltas.map(({ id }) => id)).toContain('mine');
    expect(deltas.map(({ id }) => id)).not.toContain('clinc150/nano');
    const mine = deltas.find(({ id }) => id === 'mine')!;
    expect((await folders.locate(mine.head)).location).toBe(path.join(own, 'mine/head.safetensors'));
  });

  it('is where the domain it adds to lies; other domains stay where they were', async () => {
    const own = added('lies');
    const folders = await openModelFolders({ shipped, added: own });
    expect(folders.folderOf('clinc150').path).toBe(own);
    expect(folders.folderOf('banking77').path).toBe(shipped);
  });

  it('takes the calibration away that was made with what it replaced', async () => {
    const folders = await openModelFolders({ shipped, added: added('calibration') });
    expect(await folders.calibration('clinc150')).toBeUndefined();
    expect(await folders.calibration('banking77')).toMatchObject({ domain: 'banking77' });
  });
});

describe('a calibration that is given', () => {
  const withFile = (calibrationFile: string) => openModelFolders({ shipped, added: none, calibrationFile });

  it('is used instead of that of the domain', async () => {
    const file = path.join(folder, 'given.json');
    const content = JSON.parse(readFileSync(calibrationOf('clinc150'), 'utf8')) as { data: { rows: number } };
    content.data.rows = 1234;
    writeFileSync(file, JSON.stringify(content));
    expect((await (await withFile(file)).calibration('clinc150'))?.data.rows).toBe(1234);
  });

  it('of another domain is refused', async () => {
    const error = await reasonOf((await withFile(calibrationOf('banking77'))).calibration('clinc150'));
    expect(CalibrationMismatchError.isInstance(error)).toBe(true);
  });

  it('that is not there is bad input, that is wrong is a wrong file', async () => {
    const file = path.join(folder, 'none.json');
    expect(InvalidRequestError.isInstance(await reasonOf((await withFile(file)).calibration('clinc150')))).toBe(true);
    writeFileSync(file, '{}');
    expect(InvalidCatalogError.isInstance(await reasonOf((await withFile(file)).calibration('clinc150')))).toBe(true);
  });
});

describe('openFolder', () => {
  it('collects warnings of fields that nobody knows, with the file', async () => {
    const own = path.join(folder, 'unknown-field');
    cpSync(path.join(shipped, 'catalog.json'), path.join(own, 'catalog.json'), { recursive: true });
    const file = path.join(own, 'catalog.json');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), colour: 'green' }));
    const warnings: string[] = [];
    await openFolder(own, warnings);
    expect(warnings).toEqual([`${file}: unknown field colour was ignored`]);
  });

  it('refuses a folder without a catalog', async () => {
    expect(await reasonOf(openFolder(none))).toMatchObject({ code: 'INVALID_CATALOG' });
  });
});

describe('filesOf', () => {
  it('names every file once, those of equal content at other places too', () => {
    const tokenizer = { path: 'a/tokenizer.json', bytes: 1, sha256: 'a'.repeat(64) };
    const twin = { ...tokenizer, path: 'b/tokenizer.json' };
    const model = (file: typeof tokenizer) => ({ variants: [], tokenizer: file });
    const catalog = { models: [tokenizer, tokenizer, twin].map(model), deltas: [], domains: [] };
    expect(filesOf(catalog as unknown as Catalog)).toEqual([tokenizer, twin]);
  });
});
