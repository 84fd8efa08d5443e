import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { Finding } from './finding.js';
import { fillForm, planForm } from './schema-form.js';

const LABELS = ['balance', 'transfer', 'oos'];
const FOUND: Finding = { label: 'balance', confidence: 0.75, outOfScope: false };

const object = (properties: object, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const label = { type: 'string', enum: LABELS };

const filled = (schema: unknown, finding = FOUND): unknown =>
  fillForm(planForm(schema, LABELS, 'schema').root, finding);

function refusal(schema: unknown): InvalidRequestError {
  try {
    planForm(schema, LABELS, 'schema');
  } catch (error) {
    if (InvalidRequestError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('planForm', () => {
  it.each(['label', 'intent', 'category', 'class', 'result', 'Intent'])('puts the label into %s', (name) => {
    expect(filled(object({ [name]: label }))).toEqual({ [name]: 'balance' });
  });

  it('puts the label into the only property that takes one', () => {
    expect(filled(object({ topic: label }))).toEqual({ topic: 'balance' });
    expect(filled(object({ topic: { type: 'string' } }))).toEqual({ topic: 'balance' });
    // A free text beside names is for remarks.
    expect(filled(object({ why: { type: 'string' }, topic: label }, ['topic']))).toEqual({ topic: 'balance' });
  });

  it.each(['confidence', 'score', 'probability'])('puts the confidence into %s', (name) => {
    const schema = object({ label, [name]: { type: 'number', minimum: 0, maximum: 1 } });
    expect(filled(schema)).toEqual({ label: 'balance', [name]: 0.75 });
  });

  it('says whether the text is out of scope, where it is asked', () => {
    expect(filled(object({ label, outOfScope: { type: 'boolean' } }))).toEqual({ label: 'balance', outOfScope: false });
  });

  it('fills a bare string', () => {
    expect(filled(label)).toBe('balance');
    expect(filled({ enum: ['transfer', 'balance'] })).toBe('balance');
  });

  it('fills any object with label and confidence', () => {
    expect(filled({ type: 'object' })).toEqual({ label: 'balance', confidence: 0.75 });
  });

  it('follows references and alternatives as schema writers put them', () => {
    const schema = {
      $ref: '#/$defs/Answer',
      $defs: {
        Answer: object({
          intent: { anyOf: [{ $ref: '#/$defs/Intent' }, { type: 'null' }] },
          score: { type: ['number', 'null'] },
        }),
        Intent: { anyOf: [{ const: 'balance' }, { const: 'transfer', type: 'string' }] },
      },
    };
    expect(filled(schema)).toEqual({ intent: 'balance', score: 0.75 });
    expect(planForm(schema, LABELS, 'schema').allowed).toEqual(new Set(['balance', 'transfer']));
  });

  it('fills required properties that leave no choice, and leaves optional ones out', () => {
    const schema = object(
      { label, kind: { const: 'intent' }, unit: { enum: ['p'] }, why: { type: ['string', 'null'] }, more: {} },
      ['label', 'kind', 'unit', 'why'],
    );
    expect(filled(schema)).toEqual({ label: 'balance', kind: 'intent', unit: 'p', why: null });
  });

  it('allows only labels of the domain that the schema names, and that are of its length', () => {
    const allowed = (schema: unknown) => [...planForm(schema, LABELS, 'schema').allowed];
    expect(allowed(object({ label: { type: 'string', enum: ['oos', 'other'] } }))).toEqual(['oos']);
    expect(allowed(object({ label: { type: 'string', maxLength: 7 } }))).toEqual(['balance', 'oos']);
    expect(allowed(object({ label: { type: 'string' } }))).toEqual(LABELS);
  });

  it.each([
    ['no label of the domain', object({ label: { type: 'string', enum: ['other'] } })],
    ['no property that takes a label', object({ count: { type: 'number' } })],
    ['no properties at all', object({})],
    ['two properties that could', object({ a: label, b: label })],
    ['a pattern', object({ label: { type: 'string', pattern: '^(a+)+$' } })],
    ['a required text beside the label', object({ label, why: { type: 'string' } })],
    ['a required property that is not described', object({ label }, ['label', 'other'])],
    ['a confidence out of bounds', object({ label, score: { type: 'number', minimum: 1, maximum: 100 } })],
    ['a confidence in whole numbers', object({ label, score: { type: 'integer' } })],
    ['a list', { type: 'array', items: label }],
    ['a number', { type: 'number' }],
    ['nothing', {}],
    ['no schema', 'string'],
    ['an endless reference', { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } }],
    ['a reference to elsewhere', object({ label: { $ref: 'https://example.com/schema' } })],
    ['a reference to a prototype', object({ label: { $ref: '#/$defs/constructor' } })],
    ['a word beside a reference', object({ label: { $ref: '#/$defs/L', maxLength: 1 } })],
    ['conditions', { ...object({ label }), not: {} }],
  ])('refuses a schema with %s', (_, schema) => {
    expect(refusal(schema).facts['reason']).toBe('unsupported_schema');
  });

  it('either plans or refuses, whatever it is given', () => {
    const word = fc.constantFrom('type', 'enum', 'properties', 'required', 'anyOf', '$ref', '$defs', 'label', 'x');
    const value = fc.constantFrom('object', 'string', 'number', 'balance', '#/$defs/x', '#/$defs/label', null, 1);
    const { schema } = fc.letrec((tie) => ({
      part: fc.oneof({ maxDepth: 4 }, value, tie('schema'), fc.array(tie('part'), { maxLength: 3 })),
      schema: fc.dictionary(word, tie('part'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(schema, (given) => {
        try {
          const { root, allowed } = planForm(given, LABELS, 'schema');
          expect(allowed.size).toBeGreaterThan(0);
          expect(JSON.stringify(fillForm(root, FOUND))).toContain('balance');
        } catch (error) {
          expect(InvalidRequestError.isInstance(error)).toBe(true);
        }
      }),
    );
  });
});

describe('fillForm', () => {
  const unsure: Finding = { ...FOUND, confidence: undefined };
  const score = { type: 'number' };

  it('leaves a confidence that nobody knows out, or says null', () => {
    expect(filled(object({ label, score }, ['label']), unsure)).toEqual({ label: 'balance' });
    expect(filled(object({ label, score: { type: ['number', 'null'] } }), unsure)).toEqual({
      label: 'balance',
      score: null,
    });
  });

  it('gives nothing where a confidence is required and nobody knows it', () => {
    expect(filled(object({ label, score }), unsure)).toBeUndefined();
  });
});
