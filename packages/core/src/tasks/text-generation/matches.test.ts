import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { checkSchema, enumOf } from './check-schema.js';
import { matches } from './matches.js';
import type { JsonSchema } from './messages.js';

const SCHEMAS: readonly JsonSchema[] = [
  true,
  { type: 'integer', minimum: -2, exclusiveMaximum: 7 },
  { type: 'number', exclusiveMinimum: 0.25, maximum: 3 },
  { type: 'string', minLength: 1, maxLength: 2 },
  { type: 'string', pattern: 'a|^b+$' },
  { type: 'string', pattern: '^[^a]\\d?$' },
  { type: ['string', 'null', 'integer'] },
  { type: 'array', prefixItems: [{ type: 'integer' }], items: { type: 'string' }, minItems: 1, maxItems: 3 },
  { type: 'array', prefixItems: [{ type: 'integer' }], items: false },
  { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string' } }, required: ['a'] },
  { type: 'object', properties: { a: { type: 'integer' } }, additionalProperties: false },
  { type: 'object', required: ['b'], additionalProperties: { type: 'string' } },
  { enum: [1, 'a', null, { a: 1 }, [2]] },
  { const: { a: 1, b: 'x' } },
  { anyOf: [{ type: 'integer' }, { const: 'a' }] },
  { oneOf: [{ type: 'integer' }, { type: 'string', maxLength: 1 }] },
  {
    allOf: [
      { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
      { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
    ],
  },
  { $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } }, $ref: '#/$defs/list' },
  { type: 'object', properties: { a: { $ref: '#' }, b: { type: 'string' } }, additionalProperties: false },
];

it('says of every value what a validator of JSON Schema says', () => {
  const ajv = new Ajv2020({ strict: false });
  const random = seededRandom(7);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const value = (depth: number): unknown => {
    const kind = depth > 0 ? random() : random() * 0.6;
    if (kind < 0.6)
      return pick([null, true, -3, -2, 0, 0.25, 0.5, 3, 6, 7, 7.5, '', 'a', 'b', 'bb', 'c1', '👍', '👍👍👍', 2]);
    if (kind < 0.8) return Array.from({ length: Math.floor(random() * 4) }, () => value(depth - 1));
    return Object.fromEntries(
      pick([[], ['a'], ['b'], ['a', 'b'], ['b', 'a'], ['a', 'c']]).map((key) => [key, value(depth - 1)]),
    );
  };
  for (const schema of SCHEMAS) {
    expect(checkSchema(schema)).toBeUndefined();
    const validate = ajv.compile(schema);
    for (let i = 0; i < 300; i++) {
      const given = value(2);
      if (matches(schema, given) !== validate(given))
        throw new Error(`${JSON.stringify(given)} by ${JSON.stringify(schema)}`);
    }
  }
});

it('says no more of a schema than what is wrong and where', () => {
  expect(checkSchema({ type: 'object', properties: { 'a/b': { not: {} } } })).toBe(
    'At #/properties/a~1b: "not" cannot be followed.',
  );
  expect(checkSchema({ type: 'strin' })).toBe('At #/type: "strin" is no type.');
  expect(checkSchema({ anyOf: [{ type: 'string', format: 'uri' }] })).toBe(
    'At #/anyOf/0/format: "uri" cannot be followed.',
  );
  expect(checkSchema({ enum: [] })).toBe('At #/enum: there is nothing in it.');
  expect(checkSchema({ enum: 'a' as never })).toBe('At #/enum: it is no list.');
  expect(checkSchema('x' as never)).toBe('At #: it is no schema.');
});

it('knows lists of texts, by whatever they are said', () => {
  expect(enumOf({ enum: ['a', 'b'] })).toEqual(['a', 'b']);
  expect(enumOf({ type: 'string', enum: ['a', 'b', 'a'], description: 'x' })).toEqual(['a', 'b']);
  expect(enumOf({ enum: ['a', 1] })).toBeUndefined();
  expect(enumOf({ type: 'string' })).toBeUndefined();
});

it('takes no time for ever and no stack without end', () => {
  const slow: JsonSchema = { type: 'string', pattern: '^(a+)+$' };
  const startMs = performance.now();
  expect(matches(slow, `${'a'.repeat(20_000)}b`)).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(1000);
  let deep: unknown = [];
  for (let i = 0; i < 50_000; i++) deep = [deep];
  expect(matches({ type: 'array', items: { $ref: '#' } }, deep)).toBe(false);
  const alike: JsonSchema = {
    anyOf: [
      { type: 'array', items: { $ref: '#' } },
      { type: 'array', items: { $ref: '#' }, maxItems: 3 },
    ],
  };
  let nested: unknown = 1;
  for (let i = 0; i < 100; i++) nested = [nested];
  expect(matches(alike, nested)).toBe(false);
  const endless: Record<string, unknown> = {};
  endless['items'] = endless;
  expect(checkSchema(endless)).toBe('At #: it is deeper than 32 levels.');
});

it('refuses what refers to itself with something beside, and parts that are put together again and again', () => {
  const grows = 'At #: what it puts together grows without end: refer to it with nothing beside.';
  expect(checkSchema({ properties: { x: { allOf: [{ $ref: '#' }, { title: 'x' }] } } })).toBe(grows);
  expect(checkSchema({ properties: { x: { $ref: '#', type: 'object' } } })).toBe(grows);
  const $defs: Record<string, JsonSchema> = { a8: { type: 'object' } };
  for (let i = 0; i < 8; i++) {
    const names = Array.from({ length: 9 }, (_, k) => [`p${k}`, { allOf: [{ $ref: `#/$defs/a${i + 1}` }, {}] }]);
    $defs[`a${i}`] = { type: 'object', properties: Object.fromEntries(names) as Record<string, JsonSchema> };
  }
  expect(checkSchema({ $defs, $ref: '#/$defs/a0' })).toBe(grows);
  expect(checkSchema({ type: 'object', properties: { x: { enum: [1, {}], $ref: '#' } } })).toBe(
    'At #: values are listed beside a reference to what holds them.',
  );
});

it('goes through branches of the same branches once', () => {
  const $defs: Record<string, JsonSchema> = {};
  for (let level = 0; level < 6; level++)
    for (let i = 0; i < 12; i++)
      for (const side of 'ab')
        $defs[`${side}${level}_${i}`] =
          level === 5
            ? { const: `${side}${i}` }
            : { anyOf: Array.from({ length: 12 }, (_, k) => ({ $ref: `#/$defs/${side}${level + 1}_${k}` })) };
  const schema: JsonSchema = { $defs, oneOf: [{ $ref: '#/$defs/a0_0' }, { $ref: '#/$defs/b0_0' }] };
  expect(checkSchema(schema)).toBeUndefined();
  expect([matches(schema, 'a3'), matches(schema, 'c')]).toEqual([true, false]);
});
