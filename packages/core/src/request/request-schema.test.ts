import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inEnglish } from '../errors/in-english.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { parseRequest } from './parse-request.js';
import { requestSchema } from './request-schema.js';

/** What the schema makes of it: the fields, or the refusal. */
function bySchema(input: unknown): object | string {
  const { data, error } = requestSchema.safeParse(input, { error: inEnglish });
  const issue = error?.issues[0];
  return issue ? `The request is wrong at "${issue.path.join('.') || 'request'}": ${issue.message}.` : data!;
}

function byHand(input: unknown): object | string {
  try {
    const { textBytes: _, ...fields } = parseRequest(input);
    return fields;
  } catch (error) {
    if (InvalidRequestError.isInstance(error)) return error.message;
    throw error;
  }
}

const names = Object.keys(requestSchema.def.shape);
const numbers = [0, -0, 1, -1, 0.5, 1 + 1e-9, 1e-300, 86_400_000, 86_400_001, 1e6, 1e6 + 1, NaN, Infinity, -Infinity];
const words = ['', 'cascade', 'text-classification', 'feature-extraction', 'device', 'site', 'cloud', 'moon'];
const others = ['high', 'normal', 'low', 'degrade', 'queue', 'toString', ...[127, 128, 129, 256, 257].map(long)];
function long(length: number): string {
  return 'x'.repeat(length);
}

class Stranger {
  readonly name = 'x';
}
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...numbers, ...words, ...others) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(undefined, null, 1n, [], {}, new Stranger(), new Date(0), Symbol('s')),
  },
  { weight: 1, arbitrary: fc.anything() },
);
/** Mostly right, so that faults deeper in are reached. */
const likely = {
  task: fc.constantFrom('text-classification', 'feature-extraction'),
  text: fc.string({ minLength: 1 }),
  domain: fc.constantFrom('bank', undefined),
  subDomain: fc.constant('cards'),
  minConfidence: fc.double({ min: 0, max: 1, noNaN: true }),
  maxRisk: fc.double({ min: 0, max: 1, noNaN: true }),
  deadlineMs: fc.integer({ min: 0, max: 86_400_001 }),
  maxCostUsd: fc.double({ noNaN: true }),
  valueUsd: fc.double({ min: 0, max: 1e6 }),
  residency: fc.constantFrom('device', 'site', 'cloud'),
  policy: fc.constantFrom('cascade', 'base'),
  priority: fc.constantFrom('high', 'normal', 'low'),
  whenOffline: fc.constantFrom('degrade', 'queue', undefined),
};
const right = fc.record(likely, { requiredKeys: ['text'] });
const oneWrong = fc
  .tuple(right, fc.constantFrom(...names, 'maxrisk', '__proto__', 'constructor'), value)
  .map(([fields, name, wrong]) =>
    Object.defineProperty({ ...fields }, name, { value: wrong, enumerable: true, writable: true }),
  );
const anyOfThem = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value, { maxKeys: 6 });
const inherited = fc.tuple(right, oneWrong).map(([fields, base]) => Object.assign(Object.create(base), fields));

/** What a schema cannot say: it is refused afterwards. */
const BEYOND = /^The (text|sub-domain)|^A sub-domain/;

describe('requestSchema', () => {
  it.each([
    ['mostly right', right],
    ['with one field wrong', oneWrong],
    ['with fields at random', anyOfThem],
    ['that inherit', inherited],
    ['of any kind', fc.anything({ withDate: true, withMap: true, withNullPrototype: true, withBigInt: true })],
  ])('takes and refuses requests %s in the same words as parseRequest', (_, inputs) => {
    fc.assert(
      fc.property(inputs as fc.Arbitrary<unknown>, (input) => {
        const [schema, hand] = [bySchema(input), byHand(input)];
        if (typeof schema === 'object' && typeof hand === 'string') expect(hand).toMatch(BEYOND);
        else expect(hand).toStrictEqual(schema);
      }),
      { numRuns: 2000 },
    );
  });

  it('lists the same fields', () => {
    for (const name of names) expect(byHand({ text: 'a', [name]: Symbol('none') })).toContain(`"${name}"`);
  });
});
