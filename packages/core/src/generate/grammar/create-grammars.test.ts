import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { matches } from '../../tasks/text-generation/matches.js';
import type { JsonSchema } from '../../tasks/text-generation/messages.js';
import {
  allowed,
  BYTES,
  closedObject as object,
  END,
  grammars,
  ofSchema,
  TOKENS,
  within,
} from '../../testing/byte-grammars.js';
import { createGrammars } from './create-grammars.js';
import type { Grammar } from './grammar.js';

const utf8 = new TextEncoder();
/** Whether a text is let through, byte by byte, and may end. */
const takes = (grammar: Grammar, text: string): boolean => {
  const state = grammar.start();
  return [...utf8.encode(text)].every((byte) => state.accept(byte)) && state.isComplete;
};

describe('what a grammar lets through', () => {
  it('takes objects with their properties in order and optional ones left out', () => {
    const grammar = ofSchema(object({ a: { type: 'integer' }, b: { type: 'boolean' }, c: { type: 'null' } }, ['b']));
    for (const text of ['{"a":1,"b":true}', '{"b":false}', '{"b": true, "c": null}', '{"a":-10,"b":true,"c":null}'])
      expect(takes(grammar, text)).toBe(true);
    for (const text of [
      '{}',
      '{"a":1}',
      '{"b":true,}',
      '{"b":true,"a":1}',
      '{"b":1}',
      '{"b":true ,"c":null}',
      '{"a":01,"b":true}',
    ])
      expect(takes(grammar, text)).toBe(false);
  });

  it('counts characters, not bytes, and items', () => {
    const text = ofSchema({ type: 'string', minLength: 2, maxLength: 3 });
    for (const value of ['ab', '日本', '👍👍👍', 'a"\\', '\n\t']) expect(takes(text, JSON.stringify(value))).toBe(true);
    for (const value of ['a', 'abcd', '👍']) expect(takes(text, JSON.stringify(value))).toBe(false);
    expect(takes(text, '"\\u00e9\\u0041"')).toBe(true);
    expect(takes(text, '"\\ud83d\\udc4d"')).toBe(false);
    expect(takes(text, '"a\nb"')).toBe(false);
    const list = ofSchema({
      type: 'array',
      prefixItems: [{ const: 'x' }],
      items: { type: 'integer' },
      minItems: 1,
      maxItems: 3,
    });
    for (const value of ['["x"]', '["x",1]', '["x", 1, 2]']) expect(takes(list, value)).toBe(true);
    for (const value of ['[]', '[1]', '["x",1,2,3]', '["x",]']) expect(takes(list, value)).toBe(false);
  });

  it('lets no ill-formed UTF-8 into a text', () => {
    const state = ofSchema({ type: 'string' }).start();
    state.accept(0x22);
    for (const bytes of [[0x80], [0xc0], [0xe0, 0x80], [0xed, 0xa0], [0xf0, 0x80], [0xf4, 0x90], [0xf5]]) {
      const copy = state.copy();
      expect(bytes.every((byte) => copy.accept(byte))).toBe(false);
    }
    expect(state.copy().accept(0xe2)).toBe(true);
  });

  it('takes numbers in their bounds, digit by digit', () => {
    const integer = ofSchema({ type: 'integer', minimum: -5, maximum: 1234 });
    for (let value = -20; value <= 1300; value++)
      expect(takes(integer, String(value))).toBe(value >= -5 && value <= 1234);
    const positive = ofSchema({ type: 'integer', exclusiveMinimum: 0 });
    expect(['0', '-1', '1', '100', '01'].map((text) => takes(positive, text))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    const share = ofSchema({ type: 'number', minimum: 0, maximum: 1 });
    for (const text of ['0', '1', '0.5', '0.999999', '1.0', '0.00']) expect(takes(share, text)).toBe(true);
    for (const text of ['1.33', '1.000001', '-0.1', '2', '1.9', '-0']) expect(takes(share, text)).toBe(false);
    const odd = ofSchema({ type: 'number', exclusiveMinimum: -1.25, exclusiveMaximum: 12.5 });
    for (const text of ['-1.24', '-1.249999', '12.49', '0.1', '9.99', '-1']) expect(takes(odd, text)).toBe(true);
    for (const text of ['-1.25', '12.5', '12.51', '13', '-2']) expect(takes(odd, text)).toBe(false);
  });

  it('takes patterns and formats', () => {
    const code = ofSchema({ type: 'string', pattern: '^[A-Z]{2}-[0-9]{3,5}$' });
    expect(['"AB-123"', '"AB-12"', '"ab-123"', '"AB-123456"'].map((text) => takes(code, text))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const quoted = ofSchema({ type: 'string', pattern: '^["\\\\\\n]{2}[^x]$' });
    expect(takes(quoted, JSON.stringify('"\n日'))).toBe(true);
    expect(takes(quoted, JSON.stringify('""x'))).toBe(false);
    expect(takes(ofSchema({ type: 'string', pattern: 'b+' }), '"abba"')).toBe(true);
    const date = ofSchema({ type: 'string', format: 'date' });
    expect(['"2024-02-29"', '"2023-02-29"', '"2101-11-31"', '"1999-12-31"'].map((text) => takes(date, text))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('takes one of a list, word for word, as text or as JSON', () => {
    const words = grammars.compile({ kind: 'enum', values: ['bill', 'billing', 'ümlaut'] });
    expect(['bill', 'billing', 'ümlaut', 'bil', '"bill"'].map((text) => takes(words, text))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    const state = words.start();
    for (const byte of utf8.encode('bill')) state.accept(byte);
    expect([state.isComplete, state.isOver]).toEqual([true, false]);
    for (const byte of utf8.encode('ing')) state.accept(byte);
    expect([state.isComplete, state.isOver, allowed(state)]).toEqual([true, true, [END]]);
    const values = ofSchema({ enum: ['a "b"', 1, null, { x: [1] }] });
    expect(['"a \\"b\\""', '1', 'null', '{"x":[1]}', '2'].map((text) => takes(values, text))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('takes any object of JSON, and follows references back to where they began', () => {
    const json = grammars.compile({ kind: 'json' });
    expect(takes(json, '{"a":[1.5e3,"x",{"b":null}],"c":true}')).toBe(true);
    expect(takes(json, '[]')).toBe(false);
    const tree = ofSchema({
      $defs: { node: object({ v: { type: 'integer' }, c: { type: 'array', items: { $ref: '#/$defs/node' } } }) },
      $ref: '#/$defs/node',
    });
    expect(takes(tree, '{"v":1,"c":[{"v":2,"c":[]},{"v":3,"c":[{"v":4,"c":[]}]}]}')).toBe(true);
    const list = ofSchema({ oneOf: [{ type: 'null' }, object({ next: { $ref: '#' } })] });
    expect(takes(list, '{"next":{"next":null}}')).toBe(true);
  });

  it('writes other properties that are no named one in disguise', () => {
    const grammar = ofSchema({
      type: 'object',
      properties: { a: { type: 'integer' } },
      additionalProperties: { type: 'string' },
    });
    for (const text of ['{"a":1,"b":"x"}', '{"ab":"x"}', '{"":"x"}', '{}']) expect(takes(grammar, text)).toBe(true);
    for (const text of ['{"a":"x"}', '{"b":"x","a":"y"}', '{"\\u0061":"x"}']) expect(takes(grammar, text)).toBe(false);
  });

  it('goes nowhere with a token that is not allowed, and is copied where it is', () => {
    const state = ofSchema(object({ a: { type: 'integer' } })).start();
    expect(state.accept(0x61)).toBe(false);
    expect(state.accept(END)).toBe(false);
    expect(state.accept(END - 1)).toBe(false);
    expect(state.accept(BYTES.findIndex((bytes) => new TextDecoder().decode(bytes) === '{"'))).toBe(true);
    const copy = state.copy();
    copy.accept(0x61);
    expect(state.accept(0x61)).toBe(true);
  });

  it('keeps few states where branches meet again and again', () => {
    const same = object({ k: { type: 'integer' } });
    const grammar = ofSchema({
      type: 'array',
      items: { anyOf: [same, object({ k: { type: 'number' } })] },
      maxItems: 60,
    });
    expect(takes(grammar, `[${Array.from({ length: 50 }, () => '{"k":1}').join()}]`)).toBe(true);
  });
});

describe('schemas that cannot be followed', () => {
  it.each<[string, JsonSchema]>([
    ['an unknown keyword', { not: {} }],
    ['a reference outside', { $ref: 'https://example.org/x' }],
    ['a reference to nothing', { $ref: '#/$defs/x' }],
    ['a value that never ends', { $ref: '#/$defs/x', $defs: { x: object({ x: { $ref: '#/$defs/x' } }) } }],
    ['a reference to itself', { $ref: '#' }],
    ['a choice of itself', { anyOf: [{ type: 'null' }, { $ref: '#' }] }],
    ['a pattern that looks around', { type: 'string', pattern: '(?=a)b' }],
    ['a pattern that remembers', { type: 'string', pattern: '(a)\\1' }],
    ['repeats of repeats', { type: 'string', pattern: '^(a{1,1000}){1,1000}$' }],
    ['branches that overlap', { oneOf: [{ type: 'integer' }, { type: 'number' }] }],
    ['bounds that leave nothing', { type: 'integer', minimum: 3, maximum: 2 }],
    ['too many values', { enum: Array.from({ length: 1025 }, (_, i) => i) }],
    ['too large a schema', { description: 'x'.repeat(70_000) }],
    ['too deep a schema', JSON.parse('{"items":'.repeat(40) + 'true' + '}'.repeat(40)) as JsonSchema],
    ['false', false],
  ])('are refused for %s', (_, schema) => {
    expect(() => ofSchema(schema)).toThrow(InvalidRequestError);
    expect(matches(schema, 1)).toBe(false);
  });

  it('are refused with the place', () => {
    expect(() => ofSchema(object({ a: { type: 'array', uniqueItems: true } }))).toThrow(
      'At #/properties/a: "uniqueItems" cannot be followed.',
    );
  });

  it('keep their place however deep a beginning is', () => {
    const state = ofSchema({ type: 'array', items: { $ref: '#' } }).start();
    expect(state.acceptText('['.repeat(100_000))).toBe(true);
    expect(state.tokensLeft).toBe(100_000);
    expect(within(state, 100_000)).toContain(0x5d);
  });

  it('keep few places where branches begin alike in every level, and end all the same', () => {
    const schema: JsonSchema = {
      anyOf: [object({ x: { $ref: '#' } }), object({ x: { $ref: '#' }, y: { type: 'null' } }), { type: 'null' }],
    };
    const state = ofSchema(schema).start();
    const begun = '{"x":'.repeat(40);
    expect(state.acceptText(begun)).toBe(true);
    expect(state.tokensLeft).toBe(43);
    expect(within(state, 43)).toEqual([0x6e]);
    expect(state.acceptText(`null${'}'.repeat(40)}`)).toBe(true);
    expect(state.isOver).toBe(true);
  });

  it('go through choices of the same choices once', () => {
    const $defs: Record<string, JsonSchema> = {};
    for (let level = 0; level < 6; level++)
      for (let i = 0; i < 12; i++)
        $defs[`a${level}_${i}`] =
          level === 5
            ? { const: i }
            : { anyOf: Array.from({ length: 12 }, (_, k) => ({ $ref: `#/$defs/a${level + 1}_${k}` })) };
    expect(allowed(ofSchema({ $defs, $ref: '#/$defs/a0_0' }).start())).toHaveLength(10);
  });

  it('say that nothing can be written where a token is missing', () => {
    const bytesOf = (token: number): Uint8Array | undefined => (token === 0xf1 ? undefined : BYTES[token]);
    const few = createGrammars({ ...TOKENS, bytesOf });
    const least = (schema: JsonSchema): number => few.compile({ kind: 'schema', schema }).start().tokensLeft;
    expect(least({ const: String.fromCodePoint(0x40000) })).toBe(Infinity);
    expect(least({ enum: ['abc', String.fromCodePoint(0x40000)] })).toBe(4);
    expect(least({ type: 'string', pattern: '^a{3}$' })).toBe(5);
  });

  it('leave out branches that never end', () => {
    const grammar = ofSchema({
      $defs: { x: object({ x: { $ref: '#/$defs/x' } }) },
      anyOf: [{ type: 'null' }, { $ref: '#/$defs/x' }],
    });
    expect(allowed(grammar.start())).toEqual([0x6e]);
  });
});
