import { InvalidRequestError } from '@terrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readBytesTensor, writeBytesTensor } from './bytes-tensor.js';

it('puts the length in four bytes, lowest first, in front of each text', () => {
  expect([...writeBytesTensor(['é', ''])]).toEqual([2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0]);
});

it('reads what it writes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      expect(readBytesTensor(writeBytesTensor(texts), texts.length)).toEqual(texts);
    }),
  );
});

it('keeps a byte order mark: it is part of the text', () => {
  expect(readBytesTensor(writeBytesTensor(['\ufeffa']), 1)).toEqual(['\ufeffa']);
});

it.each([
  ['a length that is cut off', [1, 0, 0], 1],
  ['a text that is cut off', [2, 0, 0, 0, 0x61], 1],
  ['a length beyond everything', [0xff, 0xff, 0xff, 0xff, 0x61], 1],
  ['fewer texts than the shape says', [1, 0, 0, 0, 0x61], 2],
  ['more texts than the shape says', [1, 0, 0, 0, 0x61, 0, 0, 0, 0], 1],
  ['bytes that are not UTF-8', [1, 0, 0, 0, 0xff], 1],
  ['half a surrogate pair', [3, 0, 0, 0, 0xed, 0xa0, 0x80], 1],
  ['nothing', [], 1],
])('refuses %s', (_, bytes, count) => {
  expect(() => readBytesTensor(Buffer.from(bytes), count)).toThrow(InvalidRequestError);
});

it('either reads or refuses, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(8), (bytes, count) => {
      try {
        expect(readBytesTensor(Buffer.from(bytes), count)).toHaveLength(count);
      } catch (error) {
        expect(InvalidRequestError.isInstance(error)).toBe(true);
      }
    }),
  );
});
