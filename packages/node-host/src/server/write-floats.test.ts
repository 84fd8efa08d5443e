import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFloats } from './write-floats.js';

const read = (text: string): Float32Array => Float32Array.from(JSON.parse(text) as number[]);
const float = fc.float({ noNaN: true, noDefaultInfinity: true });
/** Every pattern of bits that is a finite number, small exponents as often as large ones. */
const anyBits = fc
  .tuple(fc.boolean(), fc.integer({ min: 0, max: 254 }), fc.integer({ min: 0, max: 0x7fffff }))
  .map(([negative, exponent, fraction]) => {
    const bits = new Uint32Array([((negative ? 0x80000000 : 0) | (exponent << 23) | fraction) >>> 0]);
    return new Float32Array(bits.buffer)[0]!;
  });

describe('writeFloats', () => {
  it('writes JSON that reads back as the same floats', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(float, anyBits), { maxLength: 50 }), (numbers) => {
        const values = Float32Array.from(numbers);
        expect([...read(writeFloats(values))]).toEqual([...values].map((value) => value + 0));
      }),
      { numRuns: 2000 },
    );
  });

  it('writes no more than nine digits that count', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: Math.fround(2 ** -23), max: 2 ** 23 }), (number) => {
        const [written] = JSON.parse(writeFloats(Float32Array.of(number)).replaceAll(/[\d.e-]+/g, '"$&"')) as [string];
        const digits = written.replace('.', '').replace(/^0+/, '');
        expect(Math.log2(number) % 1 === 0 || digits.length <= 9).toBe(true);
      }),
    );
  });

  it('writes whole numbers, zeros and the ends of the range as they are', () => {
    expect(writeFloats(Float32Array.of())).toBe('[]');
    expect(writeFloats(Float32Array.of(0, -0, 1, -1, 0.5, 3, 12, 1234, 8388609))).toBe(
      '[0,0,1,-1,0.5,3,12,1234,8388609]',
    );
    expect(writeFloats(Float32Array.of(0.1, -0.0625, 0.001, 12.375, -1234.5))).toBe(
      '[0.100000001,-0.0625,0.001,12.375,-1234.5]',
    );
    const ends = Float32Array.of(3.4028234663852886e38, 1.401298464324817e-45, -1.1754943508222875e-38);
    expect(read(writeFloats(ends))).toEqual(ends);
  });

  it('reads a view of a larger buffer', () => {
    const all = Float32Array.of(9, 1.5, 2.5, 9);
    expect(writeFloats(all.subarray(1, 3))).toBe('[1.5,2.5]');
  });

  it('is not much longer than the shortest way to write an embedding', () => {
    const values = Float32Array.from({ length: 384 }, (_, i) => Math.sin(i * 12.9898) / 20);
    expect(writeFloats(values).length).toBeLessThan(0.65 * JSON.stringify([...values]).length);
  });
});
