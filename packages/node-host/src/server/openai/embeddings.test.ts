import { InvalidRequestError, type Result } from '@terrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_INPUTS, parseEmbeddings, requireDimensions } from './embeddings-request.js';
import { base64Of, embeddingsResponse } from './embeddings-response.js';

const reason = (body: unknown): unknown => {
  try {
    parseEmbeddings(body);
  } catch (error) {
    if (InvalidRequestError.isInstance(error)) return [error.facts['param'], error.facts['reason']];
    throw error;
  }
  throw new Error('it was accepted');
};

describe('parseEmbeddings', () => {
  it('takes one text or many', () => {
    expect(parseEmbeddings({ model: 'base', input: 'a' }).texts).toEqual(['a']);
    expect(parseEmbeddings({ model: 'base', input: ['a', 'b'], encoding_format: 'base64', user: 'u' })).toEqual({
      model: 'base',
      texts: ['a', 'b'],
      format: 'base64',
      dimensions: undefined,
    });
  });

  it.each([
    [{ model: 'base', input: [1, 2] }, ['input', 'invalid_type']],
    [{ model: 'base', input: [[1, 2]] }, ['input', 'invalid_type']],
    [{ model: 'base', input: [] }, ['input', 'invalid_value']],
    [{ model: 'base', input: Array.from({ length: MAX_INPUTS + 1 }, () => 'a') }, ['input', 'invalid_value']],
    [{ model: 'base', input: [1, 'a'] }, ['input', 'invalid_type']],
    [{ model: 'base', input: { text: 'a' } }, ['input', 'invalid_value']],
    [{ model: 'base' }, ['input', 'missing_required_parameter']],
    [{ input: 'a' }, ['model', 'missing_required_parameter']],
    [{ model: 'base', input: 'a', encoding_format: 'int8' }, ['encoding_format', 'invalid_value']],
    [{ model: 'base', input: 'a', dimensions: 0 }, ['dimensions', 'invalid_value']],
    [{ model: 'base', input: 'a', truncate: true }, ['truncate', 'unknown_parameter']],
    [null, ['body', 'invalid_type']],
  ])('refuses what it cannot embed: case %#', (body, expected) => {
    expect(reason(body)).toEqual(expected);
  });

  it('takes the dimensions that a model has and no others', () => {
    const asked = parseEmbeddings({ model: 'base', input: 'a', dimensions: 384 });
    expect(() => requireDimensions(asked, 384)).not.toThrow();
    expect(() => requireDimensions(asked, 256)).toThrow(InvalidRequestError);
  });
});

const resultOf = (vector: Float32Array) =>
  ({ answer: { kind: 'embedding', vector }, trace: [{ kind: 'run', tokens: 3 }] }) as unknown as Result;

describe('embeddingsResponse', () => {
  it('gives numbers in the order of the inputs and counts tokens', () => {
    const results = [resultOf(Float32Array.of(0.5, -0.25)), resultOf(Float32Array.of(0, 1))];
    expect(JSON.parse(embeddingsResponse(results, { model: 'b"', format: 'float' }))).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.5, -0.25] },
        { object: 'embedding', index: 1, embedding: [0, 1] },
      ],
      model: 'b"',
      usage: { prompt_tokens: 6, total_tokens: 6 },
    });
  });

  it('gives the same numbers in base64 as in JSON', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 64 }), (vector) => {
        const bytes = Buffer.from(base64Of(vector), 'base64');
        expect(Array.from(vector.keys(), (i) => bytes.readFloatLE(i * 4))).toEqual([...vector]);
        const [{ embedding }] = (
          JSON.parse(embeddingsResponse([resultOf(vector)], { model: 'm', format: 'float' })) as {
            data: [{ embedding: number[] }];
          }
        ).data;
        expect(Float32Array.from(embedding)).toEqual(vector.map((value) => value + 0));
      }),
    );
  });

  it('reads a vector that is part of a larger buffer', () => {
    const whole = Float32Array.of(1, 2, 3, 4);
    expect(base64Of(whole.subarray(1, 3))).toBe(base64Of(Float32Array.of(2, 3)));
  });
});
