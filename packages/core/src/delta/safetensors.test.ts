import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';
import { readSafetensors } from './safetensors.js';

type Header = Record<string, unknown>;

function encode(header: Header | string, body: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(body, 8 + json.length);
  return file;
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const tensor = (shape: readonly number[], begin: number, end: number, dtype = 'F32'): Header => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const why = (file: Uint8Array<ArrayBuffer>): string => {
  try {
    readSafetensors(file);
  } catch (error) {
    if (ArtifactCorruptError.isInstance(error)) return error.message;
    throw error;
  }
  return 'it was read';
};

describe('readSafetensors', () => {
  it('reads F32 tensors and their shapes, metadata aside', () => {
    const header = { __metadata__: { format: 'pt' }, a: tensor([2, 2], 0, 16), b: tensor([], 16, 20) };
    const tensors = readSafetensors(encode(header, floats(1, -2, 3.5, 1e-20, 7)));
    expect([...tensors]).toEqual([
      ['a', { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 1e-20) }],
      ['b', { shape: [], data: Float32Array.of(7) }],
    ]);
  });

  it('gives back every F32 value bit for bit, at odd places too', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), fc.nat(7), (values, shift) => {
        const body = new Uint8Array(shift + values.byteLength);
        body.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), shift);
        const file = encode({ x: tensor([values.length], shift, body.length) }, body);
        const moved = new Uint8Array(file.length + 3).subarray(3);
        moved.set(file);
        expect(readSafetensors(moved).get('x')!.data).toEqual(values);
      }),
    );
  });

  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
  ])('widens the half %s to %s', (bits, value) => {
    const body = Uint8Array.of(bits & 0xff, bits >> 8);
    expect(readSafetensors(encode({ h: tensor([1], 0, 2, 'F16') }, body)).get('h')!.data[0]).toBe(value);
  });

  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3f80, 1],
    [0xc0a0, -5],
    [0x0001, 2 ** -133],
  ])('widens the upper half of a number %s to %s', (bits, value) => {
    const body = Uint8Array.of(bits & 0xff, bits >> 8);
    expect(readSafetensors(encode({ h: tensor([1], 0, 2, 'BF16') }, body)).get('h')!.data[0]).toBe(value);
  });

  it('multiplies 8-bit rows with their scales, which it keeps to itself', () => {
    const header = { 'x.scale': tensor([2], 0, 8), x: tensor([2, 3], 8, 14, 'I8') };
    const body = Uint8Array.of(...floats(0.5, 2), 1, 0x80, 0, 127, 0xff, 3);
    expect([...readSafetensors(encode(header, body))]).toEqual([
      ['x', { shape: [2, 3], data: Float32Array.of(0.5, -64, 0, 254, -2, 6) }],
    ]);
  });

  const eight = tensor([1, 1], 0, 1, 'I8');
  it.each([
    ['no scale', 'scales of tensor "x"', { x: eight }],
    ['too many scales', 'scales of tensor "x"', { x: eight, 'x.scale': tensor([2], 4, 12) }],
    ['a scale of another shape', 'scales of tensor "x"', { x: eight, 'x.scale': tensor([1, 1], 4, 8) }],
    ['a scale and no rows', 'scales of tensor "x"', { x: tensor([], 0, 1, 'I8'), 'x.scale': tensor([], 4, 8) }],
    ['a negative scale', 'scales of tensor "x"', { x: eight, 'x.scale': tensor([1], 12, 16) }],
    ['a scale that is not finite', 'not finite', { x: eight, 'x.scale': tensor([1], 16, 20) }],
    ['a product that is not finite', 'not finite', { x: eight, 'x.scale': tensor([1], 20, 24) }],
    ['a scale of another type', 'scales of F32', { x: eight, 'x.scale': tensor([1], 4, 6, 'F16') }],
    ['a scale of 8 bits', 'scales of F32', { 'x.scale': tensor([1], 0, 1, 'I8'), 'x.scale.scale': tensor([1], 4, 8) }],
    ['a scale of nothing', 'belongs to no 8-bit tensor', { 'x.scale': tensor([1], 4, 8) }],
    ['a scale of a float', 'belongs to no 8-bit tensor', { x: tensor([1], 8, 12), 'x.scale': tensor([1], 4, 8) }],
  ])('refuses 8-bit values with %s', (_, reason, header) => {
    const body = Uint8Array.of(100, 0, 0, 0, ...floats(1, 1, -1, Number.NaN, 3e38));
    expect(why(encode(header, body))).toContain(reason);
  });

  it.each([
    ['F32', floats(1, Number.NaN)],
    ['F32', floats(-Infinity, 0)],
    ['F16', Uint8Array.of(0, 0, 0, 0x7c)],
    ['F16', Uint8Array.of(1, 0xfc, 0, 0)],
    ['BF16', Uint8Array.of(0, 0, 0x80, 0x7f)],
    ['BF16', Uint8Array.of(0xc0, 0xff, 0, 0)],
  ])('refuses values of %s that are not finite, and names the tensor', (dtype, body) => {
    const header = { good: tensor([0], 0, 0), bad: tensor([2], 0, body.length, dtype) };
    expect(why(encode(header, body))).toContain('tensor "bad" holds values that are not finite');
  });

  it('reads an empty file of tensors and a tensor without values', () => {
    expect(readSafetensors(encode({})).size).toBe(0);
    expect(readSafetensors(encode({ none: tensor([0, 9], 0, 0) })).get('none')!.data).toHaveLength(0);
  });

  it.each([
    ['shorter than its header', new Uint8Array(7)],
    ['header length', encode('{}').subarray(0, 9)],
    ['not JSON', encode('{"a":')],
    ['not JSON', encode('\u{d800}')],
    ['not an object', encode('[]')],
    ['not an object', encode('null')],
    ['type undefined', encode({ a: null })],
    ['type I64', encode({ a: tensor([1], 0, 8, 'I64') }, new Uint8Array(8))],
    ['type', encode({ a: tensor([1], 0, 4, 'constructor') }, floats(1))],
    ['type ?[31mF32', encode({ a: tensor([1], 0, 4, '\u001b[31mF32') }, floats(1))],
    ['name is longer', encode({ ['layer.0.'.repeat(400_000)]: tensor([1], 0, 4) }, floats(1))],
    ['or not printable', encode({ '\u001b[2J': tensor([1], 0, 4) }, floats(1))],
    ['ill-described', encode({ a: { dtype: 'F32', shape: [1] } })],
    ['ill-described', encode({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, floats(1))],
    ['ill-described', encode({ a: { dtype: 'F32', shape: [1.5], data_offsets: [0, 6] } }, floats(1, 2))],
    ['ill-described', encode({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, floats(1))],
    ['do not fit', encode({ a: tensor([2], 0, 4) }, floats(1))],
    ['do not fit', encode({ a: tensor([1], 4, 0) }, floats(1))],
    ['do not fit', encode({ a: tensor([2], 0, 8) }, floats(1))],
    ['do not fit', encode({ a: tensor([2 ** 31, 2 ** 31], 0, 4) }, floats(1))],
  ])('refuses a file because of its %s', (reason, file) => {
    expect(why(file)).toContain(reason === 'type' ? 'tensor "a"' : reason);
  });

  it('refuses a header that claims more than it may hold', () => {
    const file = new Uint8Array(16);
    for (const length of [2n ** 64n - 1n, 2n ** 53n, 5n * 1024n * 1024n, 9n]) {
      new DataView(file.buffer).setBigUint64(0, length, true);
      expect(why(file)).toContain('header length');
    }
  });

  it('refuses tensors that share bytes, for a small file could ask for any amount of memory', () => {
    const body = floats(1, 2, 3);
    expect(why(encode({ a: tensor([2], 0, 8), b: tensor([2], 4, 12) }, body))).toContain('overlaps');
    expect(why(encode({ a: tensor([3], 0, 12), b: tensor([3], 0, 12) }, body))).toContain('overlaps');
    expect(why(encode({ a: tensor([3], 0, 12), b: tensor([1], 4, 8) }, body))).toContain('overlaps');
    expect(why(encode({ b: tensor([1], 8, 12), a: tensor([2], 0, 8), c: tensor([0], 8, 8) }, body))).toBe(
      'it was read',
    );
  });

  it('refuses more tensors than any delta has', () => {
    const header = Object.fromEntries(Array.from({ length: 4097 }, (_, i) => [`t${i}`, tensor([0], 0, 0)]));
    expect(why(encode(header))).toContain('more than 4096 tensors');
  });

  it('reads random bytes or refuses them as corrupt', () => {
    const header = fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          dtype: fc.constantFrom('F32', 'F16', '__proto__'),
          shape: fc.array(fc.nat(4)),
          data_offsets: fc.array(fc.nat(40), { maxLength: 3 }),
        }),
      ),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void why(Uint8Array.from(bytes))));
    fc.assert(fc.property(header, fc.uint8Array({ maxLength: 40 }), (head, body) => void why(encode(head, body))));
  });
});
