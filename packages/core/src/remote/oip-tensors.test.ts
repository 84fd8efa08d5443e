import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import { readInfer } from './oip-tensors.js';

const encoder = new TextEncoder();

/** A reply with the binary tensor extension. */
function binary(header: unknown, ...tensors: readonly Uint8Array[]) {
  const json = encoder.encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = Uint8Array.from([...json, ...tensors.flatMap((tensor) => [...tensor])]);
  return { bytes, contentType: 'application/octet-stream', headerLength: String(json.length) };
}

const json = (value: unknown) => ({
  bytes: encoder.encode(JSON.stringify(value)),
  contentType: 'application/json',
  headerLength: undefined,
});

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

function texts(...values: string[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => {
      const bytes = encoder.encode(value);
      return [...new Uint8Array(Uint32Array.of(bytes.length).buffer), ...bytes];
    }),
  );
}

const sized = (name: string, datatype: string, shape: number[], size: number) => ({
  name,
  datatype,
  shape,
  parameters: { binary_data_size: size },
});

describe('an answer of infer', () => {
  it('as JSON has its values flat or nested', () => {
    for (const data of [
      [1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
      [
        [[1], [2]],
        [[3], [4]],
      ],
    ]) {
      const { outputs } = readInfer('e', json({ outputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data }] }));
      expect(outputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [2, 2], values: [1, 2, 3, 4] }]);
    }
  });

  it('in binary has its tensors behind the header, in order, mixed with those in JSON', () => {
    const reply = binary(
      {
        id: 'r',
        outputs: [
          sized('a', 'FP32', [1, 2], 8),
          { name: 'b', datatype: 'BYTES', shape: [1], data: ['grün'] },
          sized('c', 'BYTES', [2], 15),
          sized('skipped', 'INT8', [3], 3),
          sized('d', 'FP64', [1], 8),
        ],
      },
      floats(0.5, -2),
      texts('grün', 'ab'),
      new Uint8Array(3),
      new Uint8Array(Float64Array.of(Math.PI).buffer),
    );
    const { id, outputs } = readInfer('e', reply);
    expect(id).toBe('r');
    expect(outputs.map(({ name, values }) => [name, [...values]])).toEqual([
      ['a', [0.5, -2]],
      ['b', ['grün']],
      ['c', ['grün', 'ab']],
      ['d', [Math.PI]],
    ]);
  });

  it('tells by what it was computed and what it cost', () => {
    const parameters = { terrace_variant: 'a'.repeat(64), terrace_cost_usd: 0.5, other: { deep: true } };
    expect(readInfer('e', json({ outputs: [], parameters })).parameters).toEqual({
      terrace_variant: 'a'.repeat(64),
      terrace_cost_usd: 0.5,
    });
  });

  it.each([
    ['a size beyond the end', binary({ outputs: [sized('a', 'FP32', [2], 8)] }, floats(1))],
    ['a size short of the shape', binary({ outputs: [sized('a', 'FP32', [2], 4)] }, floats(1))],
    ['more than its tensors', binary({ outputs: [sized('a', 'FP32', [1], 4)] }, floats(1, 2))],
    ['a negative size', binary({ outputs: [sized('a', 'FP32', [1], -4)] }, floats(1))],
    ['a fraction of a size', binary({ outputs: [sized('a', 'FP32', [1], 3.5)] }, floats(1))],
    ['a size that no body has', binary({ outputs: [sized('a', 'FP32', [1], 2 ** 53)] }, floats(1))],
    [
      'sizes that overflow',
      binary({ outputs: [sized('a', 'INT8', [1], 2 ** 31), sized('b', 'FP32', [1], 4)] }, floats(1)),
    ],
    [
      'a text longer than its tensor',
      binary({ outputs: [sized('a', 'BYTES', [1], 5)] }, Uint8Array.of(9, 0, 0, 0, 65)),
    ],
    ['half of a length', binary({ outputs: [sized('a', 'BYTES', [1], 2)] }, Uint8Array.of(1, 0))],
    ['fewer texts than its shape says', binary({ outputs: [sized('a', 'BYTES', [3], 10)] }, texts('a', 'b'))],
    ['text that is not UTF-8', binary({ outputs: [sized('a', 'BYTES', [1], 5)] }, Uint8Array.of(1, 0, 0, 0, 0xff))],
    ['a huge shape', json({ outputs: [{ name: 'a', datatype: 'FP32', shape: [1000, 1000, 1000], data: [1] }] })],
    ['a negative shape', json({ outputs: [{ name: 'a', datatype: 'FP32', shape: [-1], data: [1] }] })],
    ['values of another type', json({ outputs: [{ name: 'a', datatype: 'FP32', shape: [1], data: ['1'] }] })],
    ['no values', json({ outputs: [{ name: 'a', datatype: 'FP32', shape: [1] }] })],
    ['values that are too few', json({ outputs: [{ name: 'a', datatype: 'FP32', shape: [2], data: [1] }] })],
    ['a variant that is no hash', json({ outputs: [], parameters: { terrace_variant: 'nano' } })],
    ['a negative cost', json({ outputs: [], parameters: { terrace_cost_usd: -1 } })],
    ['a header longer than itself', { ...binary('{"outputs":[]}'), headerLength: '99' }],
    ['a header length that is none', { ...binary('{"outputs":[]}'), headerLength: '0x0e' }],
    ['a negative header length', { ...binary('{"outputs":[]}'), headerLength: '-1' }],
  ])('with %s is refused', (_, reply) => {
    expect(() => readInfer('e', reply)).toThrow(RemoteAnswerError);
  });

  it('that is changed anywhere is read, or refused by the one error, and nothing is read beyond it', () => {
    const sound = binary(
      { id: 'r', outputs: [sized('a', 'FP32', [1, 2], 8), sized('c', 'BYTES', [2], 12)] },
      floats(0.5, -2),
      texts('a', 'bcd'),
    );
    const change = fc.record({
      at: fc.nat(sound.bytes.length - 1),
      byte: fc.nat(255),
      cut: fc.nat(sound.bytes.length),
    });
    fc.assert(
      fc.property(change, fc.boolean(), ({ at, byte, cut }, isCut) => {
        const bytes = isCut ? sound.bytes.slice(0, cut) : Uint8Array.from(sound.bytes);
        if (!isCut) bytes[at] = byte;
        try {
          const { outputs } = readInfer('e', { ...sound, bytes });
          for (const { shape, values } of outputs) expect(values).toHaveLength(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(RemoteAnswerError.isInstance(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('comes back as it was written, whatever the numbers and texts are', () => {
    const number = fc.float({ noNaN: true });
    fc.assert(
      fc.property(
        fc.array(number, { maxLength: 20 }),
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }),
        (numbers, words) => {
          const [numeric, textual] = [floats(...numbers), texts(...words)];
          const header = {
            outputs: [
              sized('n', 'FP32', [numbers.length], numeric.length),
              sized('t', 'BYTES', [words.length], textual.length),
            ],
          };
          const { outputs } = readInfer('e', binary(header, numeric, textual));
          expect(outputs.map(({ values }) => [...values])).toEqual([numbers, words]);
        },
      ),
    );
  });
});
