import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { canonicalJson, InvalidCatalogError } from '@terrace/core';
import { exampleCatalog } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parseCatalog } from './parse-catalog.js';

const SHIPPED = readFileSync(new URL('../../../../models/catalog.json', import.meta.url), 'utf8');

/** A catalog with the revision of its content. */
function signed(content: Readonly<Record<string, unknown>>): string {
  const { revision: _, ...rest } = content;
  return JSON.stringify({ ...rest, revision: createHash('sha256').update(canonicalJson(rest)).digest('hex') });
}

function refusalOf(text: string): InvalidCatalogError {
  try {
    parseCatalog(text, 'https://host.example/catalog.json');
  } catch (error) {
    if (InvalidCatalogError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a catalog', () => {
  it('that ships with Terrace is what it says, and so is one that was formatted otherwise', () => {
    const { value, warnings } = parseCatalog(SHIPPED, 'catalog.json');
    expect(value.models.map(({ id }) => id)).toEqual(['nano', 'small', 'base', 'smollm2']);
    expect(warnings).toEqual([]);
    expect(parseCatalog(JSON.stringify(JSON.parse(SHIPPED)), 'catalog.json').value).toEqual(value);
  });

  it('with fields that nobody knows is used without them', () => {
    const { value, warnings } = parseCatalog(signed({ ...exampleCatalog(), colour: 'blue' }), 'catalog.json');
    expect(value).not.toHaveProperty('colour');
    expect(warnings).toEqual(['unknown field colour was ignored']);
  });

  it.each([
    ['cut off', SHIPPED.slice(0, 1000), /is not JSON/],
    ['no JSON', '<!doctype html>', /is not JSON/],
    ['empty', '', /is not JSON/],
    ['another thing', '[]', /is wrong at/],
    ['nothing', 'null', /is wrong at/],
    ['without models', JSON.stringify({ ...exampleCatalog(), models: 7 }), /models/],
    ['edited', SHIPPED.replace('"publisher": "Terrace"', '"publisher": "Else"'), /revision is that of other content/],
    ['of a made-up revision', JSON.stringify(exampleCatalog()), /revision is that of other content/],
  ])('that is %s is refused, and says what to do', (_, text, message) => {
    const error = refusalOf(text);
    expect(error.message).toMatch(message);
    expect(error.hint).not.toBe('');
  });
});
