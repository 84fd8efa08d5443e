import { exampleCatalog, fakeSha } from '@terrace/core/testing';
import { endpointManifestSchema, type Catalog } from '@terrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listModels, parseModelName, requireTask } from './model-name.js';

const endpoint = (id: string, changes: object = {}): NonNullable<Catalog['endpoints']>[number] => {
  const manifest = {
    format: 1,
    id,
    placement: 'cloud',
    protocol: 'openai',
    url: 'https://api.example.com/v1',
    model: 'm',
  };
  const { format: _, ...rest } = endpointManifestSchema.parse({
    ...manifest,
    tasks: ['text-classification'],
    ...changes,
  });
  return { ...rest, contentId: fakeSha(id) };
};
const catalog: Catalog = {
  ...exampleCatalog(),
  endpoints: [endpoint('acme/large'), endpoint('chat', { domains: [] })],
};

describe('model names', () => {
  it('list every tier alone, every tier with each domain it answers, and the ladders', () => {
    expect(listModels(catalog).map(({ name }) => name)).toEqual([
      'terrace/auto',
      'nano',
      'base',
      'acme/large',
      'chat',
      'terrace/auto:bank',
      'nano:bank',
      'base:bank',
      'acme/large:bank',
    ]);
  });

  it.each([
    ['base', { name: 'base', policy: 'base', domain: undefined, tasks: ['feature-extraction'] }],
    ['terrace/base', { name: 'base', policy: 'base' }],
    ['base:bank', { name: 'base:bank', policy: 'base', domain: 'bank', subDomain: undefined }],
    ['terrace/auto:bank', { name: 'terrace/auto:bank', policy: 'cascade', domain: 'bank' }],
    ['auto:bank', { name: 'terrace/auto:bank', policy: 'cascade' }],
    ['terrace/auto:bank/cards', { name: 'terrace/auto:bank', domain: 'bank', subDomain: 'cards' }],
    ['nano:bank/money', { name: 'nano:bank', policy: 'nano', subDomain: 'money' }],
    ['terrace/acme/large:bank', { policy: 'acme/large', domain: 'bank', tasks: ['text-classification'] }],
    ['chat', { policy: 'chat', tasks: [], endpoint: expect.objectContaining({ id: 'chat' }) }],
  ])('%s is understood', (name, choice) => {
    expect(parseModelName(name, catalog)).toMatchObject(choice);
    expect(parseModelName(name, catalog)).toBe(parseModelName(name, catalog));
  });

  it.each([
    '',
    'gpt-5',
    'base:',
    'base:shop',
    'base:bank/',
    'base:bank/wine',
    'terrace/',
    'terrace/terrace/base',
    'Base',
    ':bank',
  ])('%j is nobody', (name) => {
    expect(() => parseModelName(name, catalog)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
  });

  it('are all understood as they are listed, with the prefix and without', () => {
    for (const choice of listModels(catalog))
      for (const name of [choice.name, `terrace/${choice.name}`, choice.name.replace('terrace/', '')])
        if (!name.startsWith('terrace/terrace/'))
          expect(parseModelName(name, catalog)).toMatchObject({ name: choice.name });
  });

  it('fail in one way only, whatever somebody writes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (name) => {
        try {
          expect(listModels(catalog)).toContainEqual(
            expect.objectContaining({ name: parseModelName(name, catalog).name }),
          );
        } catch (error) {
          expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND' });
        }
      }),
    );
  });

  it('say what they cannot do', () => {
    const ladder = parseModelName('terrace/auto', catalog);
    expect(() => requireTask(ladder, 'feature-extraction')).not.toThrow();
    expect(() => requireTask(ladder, 'text-classification')).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
    expect(() => requireTask(parseModelName('acme/large:bank', catalog), 'feature-extraction')).toThrow(
      'does no feature',
    );
  });
});
