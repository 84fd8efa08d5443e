import catalog from '@terrace/models/catalog.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { labelName } from './label-names.js';

const labels = catalog.deltas.flatMap(({ domain, labels: names }) => names.map((label) => ({ domain, label })));

describe('the names of labels', () => {
  it('are there for every label of the shipped catalog, in both languages', () => {
    const inWords = labels.map(({ domain, label }) => [labelName(domain, label, 'en'), labelName(domain, label, 'ja')]);
    expect(inWords.flat().filter((name) => name.includes('_'))).toEqual([]);
    expect(inWords.filter(([en, ja]) => en === ja)).toEqual([]);
  });

  it('differ from each other within a domain', () => {
    for (const language of ['en', 'ja'] as const) {
      for (const domain of ['banking77', 'clinc150']) {
        const own = new Set(labels.filter((each) => each.domain === domain).map(({ label }) => label));
        expect(new Set([...own].map((label) => labelName(domain, label, language))).size).toBe(own.size);
      }
    }
  });

  it('are the label without underscores where nobody has named it', () => {
    expect(labelName('shop', 'opening_hours', 'ja')).toBe('opening hours');
  });
});
