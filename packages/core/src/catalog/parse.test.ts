import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidCatalogError } from '../errors/invalid-catalog-error.js';
import { exampleCalibration, exampleCatalog, fakeSha } from '../testing/index.js';
import { calibrationSchema } from './calibration.js';
import { deltaManifestSchema, modelManifestSchema } from './manifest.js';
import { parseFile } from './parse.js';
import { fileSchema } from './fields.js';
import { catalogSchema } from './schema.js';

type Json = Record<string, unknown>;

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const catalog = exampleCatalog();

function failure(input: unknown): InvalidCatalogError {
  try {
    parseFile(catalogSchema, input, 'catalog');
  } catch (error) {
    if (InvalidCatalogError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('it parsed');
}

/** Every object in a value whose keys are fields, not data. */
function objectsOf(value: unknown, name = ''): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, each]) => objectsOf(each, Array.isArray(value) ? name : key));
  return Array.isArray(value) || name === 'files' || name === 'subDomains' ? inside : [value as Json, ...inside];
}

/** As JSON.parse does it: also `__proto__` becomes a key of the object itself. */
const put = (target: object, key: string, value: unknown): unknown =>
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });

const unknownKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'x.y', '0', 'ünknown'),
  fc.string().map((text) => `x-${text}`),
);

describe('what strangers write cannot redraw a terminal', () => {
  const redrawn = 'NoCommercial\r\u001B[2KMIT';
  const [model, delta] = [catalog.models[0]!, catalog.deltas[0]!];

  it.each<[string, object]>([
    ...(['licence', 'publisher', 'version', 'upstream', 'source'] as const).map(
      (field) => [field, { models: [{ ...model, [field]: redrawn }] }] as [string, object],
    ),
    ['labels', { models: [{ ...model, labels: [redrawn] }] }],
    ['labels', { deltas: [{ ...delta, labels: [redrawn] }] }],
    ['outOfScopeLabel', { deltas: [{ ...delta, outOfScopeLabel: redrawn }] }],
    ['subDomains', { deltas: [{ ...delta, subDomains: { [redrawn]: [] } }] }],
    ['path', { deltas: [{ ...delta, head: { ...delta.head, path: redrawn } }] }],
    ['licence', { models: [{ ...model, licence: 'TIM \u202ELPG' }] }],
    ['licence', { models: [{ ...model, licence: 'x'.repeat(257) }] }],
  ])('%s in %j', (field, change) => {
    const { message, facts } = failure({ ...catalog, ...change });
    expect(facts['path']).toContain(field);
    expect(message).not.toMatch(/\p{C}/u);
  });

  it('nor can the name of a field that nobody knows', () => {
    const { warnings } = parseFile(catalogSchema, { ...catalog, [redrawn]: 1 }, 'catalog');
    expect(warnings).toEqual(['unknown field NoCommercial??[2KMIT was ignored']);
  });

  it('and labels in any script stay as they are', () => {
    const labels = ['wetter?', 'آب\u200Cوهوا', '👩\u200D🌾', 'दिन', '雨'];
    const { value } = parseFile(catalogSchema, { ...catalog, models: [{ ...model, labels }] }, 'catalog');
    expect(value.models[0]!.labels).toEqual(labels);
  });
});

describe('parseFile', () => {
  it('gives back a valid catalog without warnings', () => {
    expect(parseFile(catalogSchema, copy(catalog), 'catalog')).toEqual({ value: catalog, warnings: [] });
  });

  it('fills in what a catalog may leave out', () => {
    const { placement: _, interface: __, ...model } = catalog.models[0]!;
    const { value } = parseFile(catalogSchema, { ...catalog, models: [model] }, 'catalog');
    expect(value.models[0]).toMatchObject({ placement: 'device', interface: 'terrace' });
  });

  it('warns of unknown fields with their path, and leaves the input alone', () => {
    const newer = copy(catalog) as unknown as Json & { models: Json[] };
    newer['signature'] = 'abc';
    newer.models[1]!['quantum'] = { entangled: true };
    const before = copy(newer);
    const { value, warnings } = parseFile(catalogSchema, newer, 'catalog');
    expect(value).toEqual(catalog);
    expect(warnings.toSorted()).toEqual([
      'unknown field models[1].quantum was ignored',
      'unknown field signature was ignored',
    ]);
    expect(newer).toEqual(before);
  });

  it('fails at a wrong field with its path and what was expected', () => {
    const wrong = copy(catalog) as unknown as { models: { variants: { weights: Json }[] }[] };
    wrong.models[1]!.variants[0]!.weights['sha256'] = 'ABC';
    const { message, facts, hint } = failure(wrong);
    expect(message).toContain('models[1].variants[0].weights.sha256');
    expect(message).toContain('64 lower-case hex digits');
    expect(facts['path']).toBe('models[1].variants[0].weights.sha256');
    expect(hint).not.toBe('');
  });

  it('names a wrong field even when there are unknown ones, and counts the others', () => {
    const wrong = { ...copy(catalog), extra: 1, format: 2, revision: 3 };
    expect(failure(wrong).message).toMatch(/wrong at format: .*1.* \(and 1 more\)/);
  });

  it.each([undefined, null, 'text', 7, [], [[]]])('refuses %j at the top level', (input) => {
    expect(failure(input).message).toContain('the top level');
  });

  it('is not felled by a field nested a hundred thousand deep', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    const { value, warnings } = parseFile(catalogSchema, { ...catalog, deep }, 'catalog');
    expect(value).toEqual(catalog);
    expect(warnings).toHaveLength(1);
  });

  it.each([
    ['catalog', catalogSchema],
    ['calibration', calibrationSchema],
    ['model.json', modelManifestSchema],
    ['delta.json', deltaManifestSchema],
  ] as const)('reads any JSON value as a %s or throws InvalidCatalogError', (subject, schema) => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (input) => {
        try {
          parseFile(schema, input, subject);
        } catch (error) {
          expect(InvalidCatalogError.isInstance(error)).toBe(true);
        }
      }),
    );
  });

  it.each([
    ['catalog', catalogSchema, catalog],
    ['calibration', calibrationSchema, exampleCalibration(catalog)],
  ] as const)('reads a %s with any one field replaced or throws InvalidCatalogError', (subject, schema, valid) => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.jsonValue(), (at, which, replacement) => {
        const input = copy(valid) as unknown;
        const objects = objectsOf(input);
        const target = objects[at % objects.length]!;
        const keys = Object.keys(target);
        target[keys[which % keys.length]!] = replacement;
        try {
          parseFile(schema, input, subject);
        } catch (error) {
          expect(InvalidCatalogError.isInstance(error)).toBe(true);
        }
      }),
    );
  });

  it('parses a valid catalog with unknown keys anywhere to the same value, with as many warnings', () => {
    const extras = fc.array(fc.tuple(fc.nat(), unknownKey, fc.jsonValue({ maxDepth: 2 })), { maxLength: 12 });
    fc.assert(
      fc.property(extras, (additions) => {
        const input = copy(catalog) as unknown;
        const objects = objectsOf(input);
        const added = new Set<string>();
        for (const [at, key, value] of additions) {
          put(objects[at % objects.length]!, key, value);
          added.add(`${at % objects.length} ${key}`);
        }
        const { value, warnings } = parseFile(catalogSchema, input, 'catalog');
        expect(value).toEqual(catalog);
        expect(warnings).toHaveLength(added.size);
      }),
    );
  });
});

describe('paths in a catalog', () => {
  const accepts = (path: string): boolean => fileSchema.safeParse({ path, bytes: 1, sha256: fakeSha('x') }).success;
  const part = fc.stringMatching(/^[a-z0-9_. -]{1,8}$/).filter((text) => !/^\.+$/.test(text));

  it('may lead down into folders', () => {
    expect(['a', 'a/b.onnx', 'a/..b/c..', '...', 'x.y/z'].map(accepts)).toEqual([true, true, true, true, true]);
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => accepts(parts.join('/'))));
  });

  it('never lead up, start at the root, or hold a backslash, a drive or NUL', () => {
    const anyPart = fc.oneof(part, fc.constantFrom('\n', '\u2028', 'x\r', ' '));
    const place = fc.tuple(fc.array(anyPart, { maxLength: 3 }), fc.array(anyPart, { maxLength: 3 }));
    fc.assert(
      fc.property(place, ([before, after]) => {
        expect(accepts([...before, '..', ...after].join('/'))).toBe(false);
        expect(accepts(`/${[...before, 'a'].join('/')}`)).toBe(false);
        for (const bad of ['\\', '\0', ':']) expect(accepts([...before, `a${bad}b`, ...after].join('/'))).toBe(false);
      }),
    );
    expect(['', '..', '../a', 'a/..', 'C:/a', '\\\\host\\a', 'a'.repeat(513)].map(accepts)).toEqual(
      Array.from({ length: 7 }, () => false),
    );
  });

  it('are plain file names in a model.json', () => {
    const file = modelManifestSchema.shape.files;
    const named = (path: string) => ({ int8: { path, bytes: 1, sha256: fakeSha('x') } });
    expect(file.safeParse(named('model_int8.onnx')).success).toBe(true);
    for (const path of ['..', '.', 'a/b', '../x', 'a\\b', '']) expect(file.safeParse(named(path)).success).toBe(false);
  });
});

describe('languages in a catalog', () => {
  const { language } = catalogSchema.shape.models.def.element.shape;

  it('are tags that Intl can read', () => {
    for (const tag of ['en', 'ja', 'zh-Hant', 'pt-BR', 'mul', 'zh-Hans-CN', 'es-419']) {
      expect(language.safeParse([tag]).success).toBe(true);
      expect(() => new Intl.Locale(tag)).not.toThrow();
    }
    for (const tag of ['english language', 'en_US', 'e', '', 'en-']) {
      expect(language.safeParse([tag]).success).toBe(false);
    }
  });
});

describe('a calibration', () => {
  it.each([
    ['paths[0].weights', (ladder: Json) => ((ladder['paths'] as Json[])[0]!['weights'] = [1, 2, 3])],
    ['relativeCosts', (ladder: Json) => (ladder['relativeCosts'] = [])],
    ['relativeCosts', (ladder: Json) => (ladder['relativeCosts'] = [1, 1, 1])],
    ['operating.calls', (ladder: Json) => ((ladder['operating'] as Json)['calls'] = [1, 1, 1])],
  ])('is refused when %s does not hold one value a tier', (path, spoil) => {
    const wrong = copy(exampleCalibration(catalog)) as unknown as { ladders: Json[] };
    spoil(wrong.ladders[0]!);
    expect(() => parseFile(calibrationSchema, wrong, 'calibration')).toThrow(`ladders[0].${path}`);
  });
});

describe('the labels of a delta', () => {
  const sound = catalog.deltas[0]!;
  const check = (changes: Partial<typeof sound>) => () =>
    parseFile(catalogSchema, { ...catalog, deltas: [{ ...sound, ...changes }] }, 'catalog');

  it('may be in no sub-domain and need no out-of-scope label', () => {
    expect(check({ outOfScopeLabel: null, subDomains: {} })).not.toThrow();
  });

  it('come once each and hold every label that is named elsewhere', () => {
    expect(check({ labels: ['a', 'b', 'a'], outOfScopeLabel: null, subDomains: {} })).toThrow('each label once');
    expect(check({ outOfScopeLabel: 'none' })).toThrow('"none" is missing');
    expect(check({ subDomains: { cards: ['new_card', 'steal_card'] } })).toThrow('"steal_card" is missing');
  });
});
