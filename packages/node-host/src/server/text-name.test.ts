import type { Presence } from '@terrace/core';
import { exampleCatalog, exampleEndpoint, exampleTextModel, fakeFile } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { answerableText, findTextModel, listTextModels } from './text-name.js';

const base = exampleCatalog();
const site = exampleEndpoint({ id: 'site-llm', protocol: 'openai', model: 'l', tasks: ['text-generation'] });
const catalog = {
  ...base,
  models: [...base.models, exampleTextModel('smol')],
  endpoints: [{ ...site, domains: ['law'] }],
  text: { templates: [], deltas: [], calibrations: [{ domain: 'care', file: fakeFile('care.json', 10) }] },
};

it('lists the ladder and each tier, and those of each domain that text speaks of', () => {
  expect(listTextModels(catalog).map(({ name }) => name)).toEqual([
    'terrace/text',
    'smol',
    'site-llm',
    'terrace/text:care',
    'smol:care',
    'terrace/text:law',
    'smol:law',
    'site-llm:law',
  ]);
  expect(listTextModels(base)).toEqual([]);
});

it('offers no model whose weights are nowhere, and no ladder of such models alone', () => {
  const names = (presence: Presence) => answerableText(catalog, () => presence).map(({ name }) => name);
  expect(names('missing')).toEqual(['terrace/text', 'site-llm', 'terrace/text:law', 'site-llm:law']);
  expect(names('fetchable')).toEqual(listTextModels(catalog).map(({ name }) => name));
  expect(answerableText({ ...catalog, endpoints: [] }, () => 'missing')).toEqual([]);
});

it.each([
  ['terrace', 'terrace/text'],
  ['text', 'terrace/text'],
  ['terrace/text', 'terrace/text'],
  ['text:care', 'terrace/text:care'],
  ['terrace/smol', 'smol'],
  ['smol:law', 'smol:law'],
  ['nano', undefined],
  ['terrace/auto', undefined],
  ['smol:bank', undefined],
  ['', undefined],
])('finds under "%s" %s', (name, found) => {
  expect(findTextModel(name, catalog)?.name).toBe(found);
});
