import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { laddersOf } from './ladders.js';
import { mergeCatalogs } from './merge-catalogs.js';
import type { Catalog, Delta, Domain, Model } from './schema.js';

const hash = (text: string): string => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);
const file = (path: string) => ({ path, bytes: 1, sha256: hash(path) });

const model = (id: string, flopsPerToken: number, weights = id): Model => ({
  id,
  task: 'feature-extraction',
  interface: 'terrace',
  language: ['en'],
  contextTokens: 512,
  licence: 'MIT',
  publisher: 'test',
  layers: 1,
  hidden: 8,
  features: 8,
  flopsPerToken,
  placement: 'device',
  tokenizer: file('tokenizer.json'),
  variants: [{ dtype: 'int8', providers: ['cpu'], weights: file(weights) }],
});

const delta = (base: string, content: string, subDomains: readonly string[] = [], id = `bank/${base}`): Delta => ({
  contentId: hash(content),
  id,
  domain: 'bank',
  base: { id: base, files: {} },
  rank: 0,
  labels: ['a'],
  outOfScopeLabel: null,
  subDomains: Object.fromEntries(subDomains.map((name) => [name, ['a']])),
  head: file(`${content}.safetensors`),
});

const domain = (calibrated: boolean): Domain => ({
  id: 'bank',
  task: 'text-classification',
  ladderRevision: hash('revision'),
  subDomains: [],
  ...(calibrated && { calibration: file('calibration.json') }),
});

const catalog = (models: Model[], deltas: Delta[], domains: Domain[]): Catalog => ({
  format: 1,
  revision: hash('catalog'),
  models,
  deltas,
  domains,
  ladders: laddersOf(models),
});

const shipped = catalog(
  [model('nano', 1), model('base', 9)],
  [delta('nano', 'one', ['cards']), delta('base', 'two', ['cards', 'loans'])],
  [domain(true)],
);
const ownDelta = (base: string, content: string, subDomains: string[] = []) =>
  catalog([], [delta(base, content, subDomains)], [domain(false)]);

const startHash = () => {
  const running = createHash('sha256');
  return { update: (bytes: Uint8Array) => void running.update(bytes), digest: () => running.digest('hex') };
};
const merge = (above: Catalog): Catalog => mergeCatalogs({ below: shipped, above, startHash });

describe('mergeCatalogs', () => {
  it('keeps the deltas of a domain that only one folder has, and joins their sub-domains', () => {
    const merged = merge(ownDelta('base', 'mine', ['cards', 'savings']));
    expect(merged.deltas.map(({ contentId }) => contentId)).toEqual([hash('one'), hash('mine')]);
    expect(merged.domains[0]?.subDomains).toEqual(['cards', 'savings']);
  });

  it('drops a calibration that was made with a delta that is replaced', () => {
    expect(merge(ownDelta('base', 'mine')).domains[0]?.calibration).toBeUndefined();
  });

  it('keeps a calibration when the same delta is added again', () => {
    expect(merge(ownDelta('base', 'two')).domains[0]?.calibration).toBeDefined();
  });

  it('keeps a calibration when a delta for one more base is added', () => {
    const merged = merge(ownDelta('large', 'mine'));
    expect(merged.domains[0]?.calibration).toBeDefined();
    expect(merged.deltas).toHaveLength(3);
  });

  it('drops a calibration that was made with weights that are replaced', () => {
    const merged = merge(catalog([model('base', 9, 'others')], [], []));
    expect(merged.domains[0]?.calibration).toBeUndefined();
  });

  it('prefers the upper calibration', () => {
    const own = { ...domain(false), calibration: file('mine.json') };
    const merged = merge(catalog([], [delta('base', 'mine')], [own]));
    expect(merged.domains[0]?.calibration).toEqual(own.calibration);
  });

  it('gives the place of a delta to the upper one, whatever its id', () => {
    const merged = merge(catalog([], [delta('base', 'mine', [], 'bank-of-mine')], [domain(false)]));
    expect(merged.deltas.map(({ id }) => id)).toEqual(['bank/nano', 'bank-of-mine']);
  });

  it('puts an added model on the rung of its weight', () => {
    const merged = merge(catalog([model('middle', 5)], [], []));
    expect(merged.ladders).toEqual([
      { id: 'feature-extraction', task: 'feature-extraction', models: ['nano', 'middle', 'base'] },
    ]);
  });

  it('changes the ladder revision with the deltas, and only with them', () => {
    const [same, again, other] = ['two', 'two', 'mine'].map((content) => merge(ownDelta('base', content)));
    expect(same?.domains[0]?.ladderRevision).toBe(again?.domains[0]?.ladderRevision);
    expect(same?.domains[0]?.ladderRevision).not.toBe(other?.domains[0]?.ladderRevision);
    expect(same?.revision).not.toBe(other?.revision);
  });
});
