import { catalogSchema } from '@terrace/core';
import { expect, it } from 'vitest';
import { contentId } from '../files/content-id.js';
import { leaveOut } from './leave-out.js';
import { openFolder, shippedModels } from './model-folders.js';

const { catalog } = await openFolder(shippedModels());
const domainIn = (made: typeof catalog, id: string) => made.domains.find((domain) => domain.id === id);

it('leaves a catalog as it is when nothing is to be left out', () => {
  expect(leaveOut(catalog, new Set())).toBe(catalog);
});

it('leaves out a delta, and the calibration that was made with it', () => {
  const { revision, ...content } = leaveOut(catalog, new Set(['clinc150/nano']));
  const made = { ...content, revision };
  expect(catalogSchema.parse(made)).toEqual(made);
  expect(revision).toBe(contentId(content));
  expect(made.deltas).toEqual(catalog.deltas.filter(({ id }) => id !== 'clinc150/nano'));
  expect(domainIn(made, 'clinc150')?.calibration).toBeUndefined();
  expect(domainIn(made, 'banking77')).toEqual(domainIn(catalog, 'banking77'));
  expect(made.models).toEqual(catalog.models);
});

it('leaves out a domain that has no delta left', () => {
  const ids = catalog.deltas.filter(({ domain }) => domain === 'clinc150').map(({ id }) => id);
  expect(leaveOut(catalog, new Set(ids)).domains.map(({ id }) => id)).toEqual(['banking77']);
});
