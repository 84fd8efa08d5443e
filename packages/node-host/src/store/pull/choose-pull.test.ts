import { InvalidRequestError } from '@terrace/core';
import { exampleBase, exampleCatalog, exampleDelta, exampleModel, exampleNano, fakeFile } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { choosePull, type Choice, type Local, type PullWish } from './choose-pull.js';

const gpu = { dtype: 'fp16' as const, providers: ['cuda'], weights: fakeFile('base/fp16.onnx') };
const base = exampleModel({ id: 'base', variants: [...exampleBase().variants, gpu] });
const calibration = fakeFile('deltas/bank/calibration.json');
const offered = exampleCatalog({ models: [exampleNano(), base] });
const catalog = { ...offered, domains: offered.domains.map((domain) => ({ ...domain, calibration })) };
const nothing: Local = { catalog: exampleCatalog({ models: [], deltas: [] }), presence: () => 'missing' };
const nano: Local = { catalog: exampleCatalog({ models: [exampleNano()] }), presence: () => 'here' };

const choose = (wish: Partial<PullWish> = {}, local = nothing): Choice =>
  choosePull(catalog, { ids: [], providers: ['cpu'], ...wish }, local);
const ids = ({ models, deltas, calibrations }: Choice): string[] =>
  [...models, ...deltas, ...calibrations].map(({ id }) => id);

describe('what a pull takes of a catalog', () => {
  it('is everything that runs here, where nothing is named', () => {
    const choice = choose();
    expect(ids(choice)).toEqual(['nano', 'base', 'bank/nano', 'bank/base', 'bank']);
    expect(choice.models[1]!.variants.map(({ dtype }) => dtype)).toEqual(['int8']);
  });

  it('is a type that does not run here when it is asked for', () => {
    const { models, notes } = choose({ ids: ['base'], dtype: 'fp16' });
    expect(models.map(({ variants }) => variants)).toEqual([[gpu]]);
    expect(notes).toEqual([]);
  });

  it('is a delta with the model it belongs to, and no calibration of a domain that is not whole', () => {
    expect(ids(choose({ ids: ['bank/base'] }))).toEqual(['base', 'bank/base']);
    expect(ids(choose({ domain: 'bank', ids: ['base'] }))).toEqual(['base', 'bank/base']);
  });

  it('is a domain with its models and its calibration', () => {
    const whole = ['nano', 'base', 'bank/nano', 'bank/base', 'bank'];
    expect(ids(choose({ domain: 'bank' }))).toEqual(whole);
    expect(ids(choose({ ids: ['bank'] }))).toEqual(whole);
  });

  it('is not what is here already', () => {
    const choice = choose({}, nano);
    expect(ids(choice)).toEqual(['base', 'bank/base', 'bank']);
    expect(choice.present).toEqual(['nano', 'bank/nano']);
  });

  it('is a model again whose weights are gone', () => {
    expect(ids(choose({ ids: ['nano'] }, { ...nano, presence: () => 'missing' }))).toEqual(['nano']);
  });

  it('leaves out what runs nowhere here, with the deltas that need it, and says so', () => {
    const choice = choose({ providers: ['webgpu'] });
    expect(ids(choice)).toEqual([]);
    expect(choice.notes).toHaveLength(4);
    expect(() => choose({ ids: ['base'], providers: ['webgpu'] })).toThrow(InvalidRequestError);
  });

  it.each([[{ ids: ['huge'] }], [{ domain: 'law' }]])('is nothing that the source does not have', (wish) => {
    expect(() => choose(wish)).toThrow(InvalidRequestError);
  });

  it('takes a delta for a base that is here already', () => {
    const [delta] = [exampleDelta(exampleNano(), { contentId: 'e'.repeat(64) })];
    const newer = { ...catalog, models: [], deltas: [delta!] };
    expect(ids(choosePull(newer, { ids: [], providers: ['cpu'] }, nano))).toEqual(['bank/nano', 'bank']);
  });
});
