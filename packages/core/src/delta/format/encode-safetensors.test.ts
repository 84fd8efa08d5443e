import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, type StoredTensor } from '../safetensors.js';
import { encodeSafetensors } from './encode-safetensors.js';

const finite = { noNaN: true, noDefaultInfinity: true } as const;
const tensorOf = (values: fc.Arbitrary<number>): fc.Arbitrary<StoredTensor> =>
  fc
    .array(fc.nat(4), { maxLength: 3 })
    .chain((shape) =>
      fc
        .array(values, { minLength: product(shape), maxLength: product(shape) })
        .map((data) => ({ shape, data: Float32Array.from(data) })),
    );
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const named = (values: fc.Arbitrary<number>) =>
  fc
    .dictionary(fc.stringMatching(/^[a-z_é]{1,9}(\.[a-z]{1,3}ht)?$/), tensorOf(values), { maxKeys: 5 })
    .map((tensors) => new Map(Object.entries(tensors)));
const byName = (tensors: ReadonlyMap<string, StoredTensor>) => [...tensors].toSorted(([a], [b]) => (a < b ? -1 : 1));

describe('encodeSafetensors', () => {
  it('writes F32 that is read bit for bit', () => {
    fc.assert(
      fc.property(named(fc.float(finite)), (tensors) => {
        expect(byName(readSafetensors(encodeSafetensors(tensors, { dtype: 'F32' })))).toEqual(byName(tensors));
      }),
    );
  });

  it('writes F16 that is read bit for bit where the values are halves', () => {
    const halves = fc.tuple(fc.integer({ min: -2047, max: 2047 }), fc.integer({ min: -24, max: 4 }));
    fc.assert(
      fc.property(named(halves.map(([mantissa, exponent]) => mantissa * 2 ** exponent)), (tensors) => {
        expect(byName(readSafetensors(encodeSafetensors(tensors, { dtype: 'F16' })))).toEqual(byName(tensors));
      }),
    );
  });

  it('writes int8 that is read to within half a step of each row, and vectors exactly', () => {
    const values = fc.float({ ...finite, min: -(2 ** 99), max: 2 ** 99 });
    fc.assert(
      fc.property(named(values), (tensors) => {
        const read = readSafetensors(encodeSafetensors(tensors, { dtype: 'int8' }));
        expect([...read.keys()].toSorted()).toEqual([...tensors.keys()].toSorted());
        for (const [name, { shape, data }] of tensors) {
          const back = read.get(name)!;
          expect(back.shape).toEqual(shape);
          if (shape.length < 2) {
            expect(back.data).toEqual(data);
            continue;
          }
          const columns = data.length / shape[0]!;
          for (let row = 0; row * columns < data.length; row++) {
            const exact = data.subarray(row * columns, (row + 1) * columns);
            const step = Math.fround(Math.max(...exact.map(Math.abs)) / 127) || 1;
            for (const [i, value] of exact.entries()) {
              expect(Math.abs(back.data[row * columns + i]! - value)).toBeLessThanOrEqual(0.5001 * step);
            }
          }
        }
      }),
    );
  });

  it('writes a tensor whatever it is called', () => {
    const tensors = new Map([['__proto__', { shape: [2], data: Float32Array.of(1, 2) }]]);
    expect(readSafetensors(encodeSafetensors(tensors, { dtype: 'F32' }))).toEqual(tensors);
  });

  it('gives the same bytes whatever the order of the tensors', () => {
    fc.assert(
      fc.property(named(fc.float(finite)), fc.constantFrom('F32' as const, 'int8' as const), (tensors, dtype) => {
        const turned = new Map([...tensors].toReversed());
        expect(encodeSafetensors(turned, { dtype })).toEqual(encodeSafetensors(tensors, { dtype }));
      }),
    );
  });

  it('starts every tensor where its type may start, one behind the other', () => {
    const odd = { shape: [1, 3], data: Float32Array.of(1, 2, 3) };
    const file = encodeSafetensors(
      new Map([
        ['b', odd],
        ['a', odd],
      ]),
      { dtype: 'int8', metadata: { format: 'pt' } },
    );
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)))).toEqual({
      __metadata__: { format: 'pt' },
      'a.scale': { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      'b.scale': { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
      a: { dtype: 'I8', shape: [1, 3], data_offsets: [8, 11] },
      b: { dtype: 'I8', shape: [1, 3], data_offsets: [11, 14] },
    });
    expect(file).toHaveLength(8 + headerBytes + 14);
  });

  it.each([
    ['NaN', Number.NaN, 'F32'],
    ['an infinite value', Infinity, 'int8'],
    ['a value beyond 16 bits', 65520, 'F16'],
  ] as const)('refuses %s', (_, value, dtype) => {
    const tensors = new Map([['x', { shape: [1, 1], data: Float32Array.of(value) }]]);
    expect(() => encodeSafetensors(tensors, { dtype })).toThrow(RangeError);
  });
});
