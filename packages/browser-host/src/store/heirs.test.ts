import type { Catalog, Delta, FileRef, Model } from '@terrace/core';
import { exampleCatalog, exampleDelta, exampleModel, fakeFile } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { heirsOf } from './heirs.js';

/** A model in some version, whose every file says so. */
const model = (id: string, version: string, changes: Partial<Model> = {}): Model =>
  exampleModel({
    id,
    tokenizer: fakeFile(`${version}/tokenizer.json`),
    variants: [
      { dtype: 'int8', providers: ['wasm'], weights: fakeFile(`${version}/${id}/int8.onnx`) },
      { dtype: 'q4', providers: ['webgpu'], weights: fakeFile(`${version}/${id}/q4.onnx`) },
    ],
    ...changes,
  });
const delta = (base: Model, version: string, changes: Partial<Delta> = {}): Delta =>
  exampleDelta(base, {
    head: fakeFile(`${version}/${base.id}/head.safetensors`),
    adapter: fakeFile(`${version}/${base.id}/adapter.safetensors`),
    ...changes,
  });

function catalog(version: string, models = ['nano', 'base'].map((id) => model(id, version))): Catalog {
  return exampleCatalog({ models, deltas: models.map((each) => delta(each, version)), revision: version });
}

/** @param here paths of the files that are here */
function heirs(here: readonly string[], newer: Catalog, current = catalog('old')): string[] {
  const isHere = ({ path }: FileRef): boolean => here.includes(path);
  return heirsOf({ current, newer, isHere })
    .map(({ path }) => path)
    .toSorted();
}

describe('what must be here before a newer catalog is in force', () => {
  it('is nothing where nothing is here', () => {
    expect(heirs([], catalog('new'))).toEqual([]);
    expect(heirs(['old/tokenizer.json'], catalog('new'))).toEqual([]);
  });

  it('is the variant, the tokenizer and the delta of each that is here', () => {
    expect(heirs(['old/nano/int8.onnx', 'old/nano/head.safetensors'], catalog('new'))).toEqual([
      'new/nano/adapter.safetensors',
      'new/nano/head.safetensors',
      'new/nano/int8.onnx',
      'new/tokenizer.json',
    ]);
    expect(heirs(['old/base/q4.onnx'], catalog('new'))).toEqual(['new/base/q4.onnx', 'new/tokenizer.json']);
  });

  it('is here already where the newer one names the same content', () => {
    const files = ['old/nano/int8.onnx', 'old/tokenizer.json'];
    expect(heirs(files, catalog('old'))).toEqual(files);
  });

  it('is a file that the model did not need before', () => {
    const newer = catalog('new', [model('nano', 'new', { tokenizerConfig: fakeFile('new/tokenizer_config.json') })]);
    expect(heirs(['old/nano/int8.onnx'], newer)).toContain('new/tokenizer_config.json');
  });

  it('is what the model is known to answer only where that is here', () => {
    const golden = (version: string) => ({ golden: fakeFile(`${version}/golden.json`) });
    const current = catalog('old', [model('nano', 'old', golden('old'))]);
    const newer = catalog('new', [model('nano', 'new', golden('new'))]);
    expect(heirs(['old/nano/int8.onnx'], newer, current)).not.toContain('new/golden.json');
    expect(heirs(['old/nano/int8.onnx', 'old/golden.json'], newer, current)).toContain('new/golden.json');
  });

  it('is a variant that runs where the one did whose dtype is gone', () => {
    const [, q4] = model('nano', 'new').variants;
    const variants = [q4!, { dtype: 'fp32' as const, providers: ['wasm'], weights: fakeFile('new/nano/fp32.onnx') }];
    const newer = catalog('new', [model('nano', 'new', { variants })]);
    expect(heirs(['old/nano/int8.onnx'], newer)).toEqual(['new/nano/fp32.onnx', 'new/tokenizer.json']);
  });

  it('is the model on the rung of one that is gone, with its delta', () => {
    const newer = catalog('new', [model('pico', 'new'), model('base', 'new')]);
    expect(heirs(['old/nano/int8.onnx', 'old/nano/head.safetensors'], newer)).toEqual([
      'new/pico/adapter.safetensors',
      'new/pico/head.safetensors',
      'new/pico/int8.onnx',
      'new/tokenizer.json',
    ]);
  });

  it('is the highest rung that is left where the ladder is shorter', () => {
    const newer = catalog('new', [model('nano', 'new')]);
    expect(heirs(['old/base/int8.onnx'], newer)).toEqual(['new/nano/int8.onnx', 'new/tokenizer.json']);
  });

  it('is nothing of a model, a domain or a ladder that has no successor', () => {
    const newer = { ...catalog('new', [model('other', 'new')]), ladders: [], deltas: [] };
    expect(heirs(['old/nano/int8.onnx', 'old/nano/head.safetensors'], newer)).toEqual([]);
  });
});
