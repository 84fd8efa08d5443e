import { expect, it } from 'vitest';
import { z } from 'zod/mini';
import { inEnglish } from './in-english.js';

const english: z.core.$ZodErrorMap = (issue) => z.locales.en().localeError(issue);

const messages = (schema: z.core.$ZodType, input: unknown, error: z.core.$ZodErrorMap): string[] =>
  z.safeParse(schema, input, { error }).error?.issues.map(({ message }) => message) ?? [];

it.each([
  ['a type', z.string(), [undefined, null, 1, NaN, Infinity, [], {}, new Date(0), 5n]],
  ['a whole number', z.int(), ['1', 1.5, -Infinity, 2 ** 60]],
  ['an object', z.object({ a: z.boolean() }), [[], 'text', {}, { a: 'true' }]],
  ['one value', z.literal(1), [2, '1']],
  ['one of several values', z.enum(['a', 'b']), ['c', 1]],
  ['a number in bounds', z.number().check(z.gt(0), z.maximum(1)), [0, -1, 2]],
  ['a number in other bounds', z.number().check(z.minimum(0), z.lt(1)), [-1, 1]],
  ['a text of a length', z.string().check(z.minLength(2), z.maxLength(3)), ['', 'abcd']],
  ['a list of a length', z.array(z.string()).check(z.minLength(1), z.maxLength(1)), [[], ['a', 'b']]],
  ['a date', z.iso.datetime(), ['yesterday']],
  ['known fields', z.strictObject({}), [{ b: 1 }, { 'a"b': 1, c: 2 }]],
  ['known keys', z.record(z.string().check(z.maxLength(1)), z.unknown()), [{ ab: 1 }]],
  ['one of several forms', z.union([z.string(), z.number()]), [true]],
  ['whatever a check in code wants', z.string().check(z.refine(() => false)), ['a']],
])('says of %s what the library says in English', (_, schema, inputs) => {
  for (const input of inputs) {
    const said = messages(schema, input, inEnglish);
    expect(said).not.toEqual([]);
    expect(said).toEqual(messages(schema, input, english));
  }
});
