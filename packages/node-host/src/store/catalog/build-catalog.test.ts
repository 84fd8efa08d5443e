import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactMissingError, catalogSchema, DeltaMismatchError, InvalidCatalogError } from '@terrace/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildCatalog } from './build-catalog.js';
import { shippedModels } from './model-folders.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'terrace-build-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
});

const sha256Of = (content: string): string => createHash('sha256').update(content).digest('hex');

function write(name: string, content: unknown): void {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

const shippedManifest = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(shippedModels(), name), 'utf8')) as Record<string, unknown>;

/** A copy of the manifest of a shipped model, with weights of a few bytes. */
function writeModel(folder: string, shipped: string, changes: object = {}): void {
  const weights = `weights of ${folder}`;
  const file = { path: 'model_int8.onnx', bytes: weights.length, sha256: sha256Of(weights) };
  const manifest = { ...shippedManifest(`encoders/${shipped}/model.json`), files: { int8: file }, ...changes };
  write(`${folder}/model.json`, manifest);
  write(`${folder}/model_int8.onnx`, weights);
}

function writeDelta(folder: string, base: string, changes: object = {}): void {
  const manifest = shippedManifest(`deltas/clinc150/${base}/delta.json`);
  const files = { int8: sha256Of(`weights of encoders/${base}`) };
  write(`${folder}/delta.json`, { ...manifest, base: { id: base, files }, ...changes });
  write(`${folder}/head.safetensors`, `head of ${folder}`);
  write(`${folder}/adapter_model.safetensors`, `factors of ${folder}`);
}

function writeFamily(): void {
  write('encoders/tokenizer.json', '{}');
  for (const id of ['base', 'small']) {
    writeModel(`encoders/${id}`, id);
    writeDelta(`deltas/clinc150/${id}`, id);
  }
}

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('buildCatalog', () => {
  it('makes a catalog that its schema accepts, models and ladders lightest first', async () => {
    writeFamily();
    const { catalog, warnings } = await buildCatalog(root);
    expect(warnings).toEqual([]);
    expect(catalogSchema.parse(catalog)).toEqual(catalog);
    expect(catalog.models.map(({ id }) => id)).toEqual(['small', 'base']);
    expect(catalog.ladders).toMatchObject([{ models: ['small', 'base'] }]);
    expect(catalog.domains).toMatchObject([{ id: 'clinc150', subDomains: expect.arrayContaining(['banking']) }]);
  });

  it('makes the shipped catalog, byte for byte', async () => {
    const { catalog } = await buildCatalog(shippedModels());
    const shipped = readFileSync(path.join(shippedModels(), 'catalog.json'), 'utf8');
    expect(`${JSON.stringify(catalog, null, 1)}\n`).toBe(shipped);
  });

  it('gives the same files the same revision, and changed files another', async () => {
    writeFamily();
    const before = (await buildCatalog(root)).catalog;
    expect((await buildCatalog(root)).catalog).toEqual(before);
    write('deltas/clinc150/base/head.safetensors', 'another head');
    const after = (await buildCatalog(root)).catalog;
    expect(after.revision).not.toBe(before.revision);
    expect(after.domains[0]!.ladderRevision).not.toBe(before.domains[0]!.ladderRevision);
    const contentIds = (each: typeof before) => each.deltas.map(({ contentId }) => contentId);
    expect(contentIds(after)).not.toEqual(contentIds(before));
  });

  it('takes the calibration beside the deltas into the revision of the ladder', async () => {
    writeFamily();
    const before = (await buildCatalog(root)).catalog.domains[0]!;
    write('deltas/clinc150/calibration.json', '{}');
    const after = (await buildCatalog(root)).catalog.domains[0]!;
    expect(before.calibration).toBeUndefined();
    expect(after.calibration).toEqual({ path: 'deltas/clinc150/calibration.json', bytes: 2, sha256: sha256Of('{}') });
    expect(after.ladderRevision).not.toBe(before.ladderRevision);
  });

  it('prefers the tokenizer in the folder of the model to the one beside it', async () => {
    writeFamily();
    write('encoders/base/tokenizer.json', '{"own": true}');
    const { models } = (await buildCatalog(root)).catalog;
    const paths = Object.fromEntries(models.map(({ id, tokenizer }) => [id, tokenizer.path]));
    expect(paths).toEqual({ small: 'encoders/tokenizer.json', base: 'encoders/base/tokenizer.json' });
  });

  it('does not look into hidden folders', async () => {
    writeFamily();
    writeModel('.incoming/other', 'small', { id: 'other' });
    expect((await buildCatalog(root)).catalog.models.map(({ id }) => id)).toEqual(['small', 'base']);
  });

  it('makes an empty catalog of an empty folder', async () => {
    expect((await buildCatalog(root)).catalog).toMatchObject({ models: [], deltas: [], domains: [], ladders: [] });
  });

  it('warns of a field that nobody knows, with the file', async () => {
    writeFamily();
    writeModel('encoders/small', 'small', { colour: 'green' });
    expect((await buildCatalog(root)).warnings).toEqual([
      'encoders/small/model.json: unknown field colour was ignored',
    ]);
  });

  it('takes a delta for a model of another folder', async () => {
    writeFamily();
    const { models } = (await buildCatalog(root)).catalog;
    rmSync(path.join(root, 'encoders'), { recursive: true });
    expect((await buildCatalog(root, models)).catalog.deltas).toHaveLength(2);
    expect(DeltaMismatchError.isInstance(await reasonOf(buildCatalog(root)))).toBe(true);
  });
});

describe('buildCatalog refuses', () => {
  it('a delta that lost its factors, instead of taking it for a head alone', async () => {
    writeFamily();
    rmSync(path.join(root, 'deltas/clinc150/base/adapter_model.safetensors'));
    const error = await reasonOf(buildCatalog(root));
    expect(ArtifactMissingError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ facts: { delta: 'clinc150/base' } });
  });

  it('a delta whose base has other weights, and says so', async () => {
    writeFamily();
    writeDelta('deltas/clinc150/base', 'base', { base: { id: 'base', files: { int8: '0'.repeat(64) } } });
    const error = await reasonOf(buildCatalog(root));
    expect(DeltaMismatchError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ facts: { delta: 'clinc150/base', base: 'base' } });
    expect((error as DeltaMismatchError).hint).toContain('other weights');
  });

  it('a manifest that is wrong, with the path in it', async () => {
    writeFamily();
    writeModel('encoders/small', 'small', { contextTokens: 'many' });
    const error = await reasonOf(buildCatalog(root));
    expect(InvalidCatalogError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ facts: { path: 'contextTokens' } });
  });

  it('a manifest that is not JSON, with its name', async () => {
    write('encoders/small/model.json', '{');
    const error = await reasonOf(buildCatalog(root));
    expect(InvalidCatalogError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain('encoders/small/model.json');
  });

  it.each(['encoders/tokenizer.json', 'deltas/clinc150/small/head.safetensors'])(
    'a folder without %s',
    async (name) => {
      writeFamily();
      rmSync(path.join(root, name));
      const error = await reasonOf(buildCatalog(root));
      expect(ArtifactMissingError.isInstance(error)).toBe(true);
      expect((error as Error).message).toContain(path.basename(name));
    },
  );
});

it('names the golden data that a family shares, or that a model has of its own', async () => {
  writeFamily();
  expect((await buildCatalog(root)).catalog.models.map(({ golden }) => golden)).toEqual([undefined, undefined]);
  write('encoders/golden.json', '{"shared": true}');
  write('encoders/base/golden.json', '{}');
  const { models } = (await buildCatalog(root)).catalog;
  const goldenOf = (id: string) => models.find((model) => model.id === id)?.golden;
  expect(goldenOf('base')).toEqual({ path: 'encoders/base/golden.json', bytes: 2, sha256: sha256Of('{}') });
  expect(goldenOf('small')?.path).toBe('encoders/golden.json');
});
