import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from './encode-safetensors.js';
import { readSafetensors } from '../safetensors.js';
import { toHalves } from './to-halves.js';

const halfOf = (value: number): number => toHalves(Float32Array.of(value))[0]!;

describe('toHalves', () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [3 * 2 ** -25, 0x0002],
    [1.0001 * 2 ** -25, 0x0001],
    [1023.5 * 2 ** -24, 0x0400],
    [2 ** -14, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 - 2 ** -12, 0x4000],
    [1e-30, 0x0000],
  ])('rounds %s to the bits %s', (value, bits) => {
    expect(halfOf(value)).toBe(bits);
  });

  it.each([65520, -65520, 1e30, Infinity, Number.NaN])('refuses %s', (value) => {
    expect(() => halfOf(value)).toThrow(RangeError);
  });

  it('gives every half back', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
      (bits) => (bits & 0x7c00) !== 0x7c00,
    );
    const data = Float32Array.from(halves, exactly);
    expect(toHalves(data).every((bits, i) => bits === halves[i])).toBe(true);
    const file = encodeSafetensors(new Map([['x', { shape: [data.length], data }]]), { dtype: 'F16' });
    expect(
      readSafetensors(file)
        .get('x')!
        .data.every((value, i) => Object.is(value, data[i])),
    ).toBe(true);
  });
});

/** What the bits of a half mean, as its definition says it. */
function exactly(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}
