import { expect, it } from 'vitest';
import { fakeFile, fakeSha } from '../testing/example-catalog.js';
import { mergeText } from './merge-text.js';
import type { TextCatalog } from './text-catalog.js';

const calibrations = (name: string, ...domains: (string | undefined)[]): TextCatalog => ({
  templates: [{ contentId: fakeSha(name), id: name, family: 'small', version: 1 }],
  deltas: [{ contentId: fakeSha(name), id: name, domain: 'x', kind: 'prompt', servedAs: {} }],
  calibrations: domains.map((domain) => ({ ...(domain && { domain }), file: fakeFile(`${name}/${domain}`, 1) })),
});

it('what two catalogs say of text is one, and what is above wins', () => {
  const [below, above] = [calibrations('below', undefined, 'a'), calibrations('above', 'a', 'b')];
  const merged = mergeText(below, above)!;
  expect(merged.templates.map(({ id }) => id)).toEqual(['above']);
  expect(merged.deltas.map(({ id }) => id)).toEqual(['below', 'above']);
  expect(merged.calibrations.map(({ file }) => file.path)).toEqual(['below/undefined', 'above/a', 'above/b']);
  expect(mergeText(below, undefined)).toBe(below);
  expect(mergeText(undefined, undefined)).toBeUndefined();
});

it('a template that a delta names stands beside that of everybody', () => {
  const [below, above] = [calibrations('below'), calibrations('above')];
  const deltas = above.deltas.map((delta) => ({ ...delta, template: fakeSha('above') }));
  const merged = mergeText(below, { ...above, deltas })!;
  expect(merged.templates.map(({ id }) => id)).toEqual(['below', 'above']);
});
