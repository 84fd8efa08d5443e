import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { matches } from '../../tasks/text-generation/matches.js';
import type { JsonSchema } from '../../tasks/text-generation/messages.js';
import { allowed, BYTES, closedObject as object, END, ofSchema, TOKENS, within } from '../../testing/byte-grammars.js';
import { seededRandom } from '../../testing/seeded-random.js';
import type { GrammarState } from './grammar.js';

/** A text by tokens drawn from the masks, as samplers do it, ended by nothing but the limit or that it is over. */
const drawn = (state: GrammarState, random: () => number, mostTokens: number): string => {
  const pick = (tokens: readonly number[]): number => tokens[Math.floor(random() * tokens.length)]!;
  const bytes: number[] = [];
  const text = (): string => new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
  for (let left = mostTokens; left > 0 && !state.isOver; left--) {
    let token = pick(allowed(state));
    if (!state.fits(token, left)) token = pick(within(state, left));
    if (token === END) return text();
    if (token === undefined || !state.accept(token)) throw new Error(`stuck behind ${text()} with ${left} left`);
    bytes.push(...BYTES[token]!);
  }
  if (!state.isComplete) throw new Error(`${text()} has not ended in ${mostTokens} tokens`);
  return text();
};

describe('texts drawn at random', () => {
  const ajv = new Ajv2020({ strict: false });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);

  it('are JSON of their schema, whatever the schema, and end within their limit, whatever it is', () => {
    const random = seededRandom(11);
    for (let i = 0; i < 24; i++) {
      const schema = randomSchema(random, 3);
      const state = ofSchema(schema).start();
      const validate = ajv.compile(schema);
      for (let k = 0; k < 3; k++) {
        const text = drawn(state.copy(), random, state.tokensLeft + k * Math.floor(random() * 15));
        const value: unknown = JSON.parse(text);
        if (!validate(value)) throw new Error(`${text} is not of ${JSON.stringify(schema)}`);
        expect(matches(schema, value)).toBe(true);
      }
    }
  });

  it('end within what is left behind any beginning', () => {
    const random = seededRandom(12);
    const schema: JsonSchema = { type: 'object', additionalProperties: { type: 'array', items: { $ref: '#' } } };
    const state = ofSchema(schema).start();
    expect(state.acceptText('{"a": [{"b": [')).toBe(true);
    for (let k = 0; k < 20; k++)
      expect(
        matches(schema, JSON.parse(`{"a": [{"b": [${drawn(state.copy(), random, state.tokensLeft + k)}`) as unknown),
      ).toBe(true);
    expect(ofSchema(schema).start().acceptText('{"a": 1')).toBe(false);
  });

  it('are never masked otherwise than token by token', () => {
    const random = seededRandom(5);
    for (let i = 0; i < 20; i++) {
      const state = ofSchema(randomSchema(random, 3)).start();
      for (let k = 0; k < 12; k++) {
        const tokens = allowed(state);
        const one = Array.from({ length: TOKENS.vocabulary }, (_, token) => token).filter((token) =>
          state.copy().accept(token),
        );
        expect(tokens).toEqual(one);
        const left = Math.floor(random() * 30);
        expect(within(state, left)).toEqual(one.filter((each) => state.fits(each, left)));
        const token = tokens[Math.floor(random() * tokens.length)]!;
        if (token === END) break;
        state.accept(token);
      }
    }
  });
});

/** Schemas of all that can be followed. */
function randomSchema(random: () => number, depth: number): JsonSchema {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const count = (most: number): number => Math.floor(random() * (most + 1));
  const maybe = (values: Record<string, unknown>): Record<string, unknown> => (random() < 0.5 ? values : {});
  const inner = (): JsonSchema => randomSchema(random, depth - 1);
  switch (depth <= 0 ? count(6) : count(11)) {
    case 0:
      return { type: 'integer', ...maybe({ minimum: count(40) - 20 }), ...maybe({ maximum: 20 + count(2000) }) };
    case 1:
      return {
        type: 'number',
        ...maybe({ minimum: -count(300) / 100 }),
        ...maybe({ exclusiveMaximum: 0.01 + count(1000) / 64 }),
      };
    case 2:
      return { type: 'string', ...maybe({ minLength: count(4) }), ...maybe({ maxLength: 4 + count(40) }) };
    case 3:
      return {
        type: 'string',
        pattern: pick(['^[a-z]{1,8}$', '^(foo|ba[rz])+$', '^\\d{3}-\\w*$', 'x.y', '^[^"]{2,5}$', '^\\S?\\s\\u00e9$']),
      };
    case 4:
      return { type: 'string', format: pick(['date', 'date-time', 'time', 'uuid', 'email', 'ipv4']) };
    case 5:
      return { enum: [pick([1, 'a', null, true, 'ab', -2.5]), [count(3)], { k: 'é"' }] };
    case 6:
      return { type: pick([['string', 'null'], 'boolean', 'null', ['integer', 'boolean']]) };
    case 7:
      return { type: 'array', items: inner(), ...maybe({ minItems: count(2) }), maxItems: 2 + count(2) };
    case 8:
      return {
        type: 'array',
        prefixItems: [inner(), inner()],
        items: pick([false, inner()]),
        minItems: count(2),
        maxItems: 2,
      };
    case 9:
      return { anyOf: [inner(), inner()] };
    case 10:
      return {
        type: 'object',
        properties: { a: inner(), 'b"': inner() },
        ...maybe({ required: ['b"'] }),
        additionalProperties: pick([false, { type: 'integer' }]),
      };
    default:
      return object(
        { kind: { const: pick(['x', 'y']) }, value: inner(), more: inner() },
        random() < 0.5 ? ['kind'] : ['kind', 'more'],
      );
  }
}
