import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeeperThan, parseJsonBody } from './json-body.js';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

/** JSON as generated holds the key that is refused now and then. */
const anyJson = fc.json({ maxDepth: 6 }).filter((text) => !text.includes('__proto__'));

describe('a body of JSON', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(anyJson, (text) => {
        expect(parseJsonBody(Buffer.from(text), 32)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is as deep as what is read from it', () => {
    fc.assert(
      fc.property(anyJson, fc.integer({ min: 0, max: 8 }), (text, limit) => {
        expect(isDeeperThan(Buffer.from(text), limit)).toBe(depthOf(JSON.parse(text)) > limit);
      }),
    );
  });

  it('is refused without being built when it is deep, however large', () => {
    const bomb = Buffer.from('[{"a":'.repeat(500_000));
    expect(() => parseJsonBody(bomb, 32)).toThrow('nested more than 32 levels');
  });

  it('is looked through in time that grows with its size only', () => {
    const quotes = Buffer.from(`"${String.raw`\"`.repeat(2_000_000)}"`);
    const slashes = Buffer.from(`"${'\\'.repeat(4_000_000)}"`);
    for (const body of [quotes, slashes]) expect(isDeeperThan(body, 1)).toBe(false);
  });

  it.each([
    ['a lone continuation byte', Buffer.of(0x22, 0x80, 0x22), 'not UTF-8'],
    ['half of a pair as bytes', Buffer.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'not UTF-8'],
    ['two values', Buffer.from('{} {}'), 'not JSON: see position'],
    ['a byte order mark', Buffer.from('\uFEFF{}'), 'not JSON'],
    ['a key that reaches for the prototype', Buffer.from('{"__proto__" : 1}'), '__proto__'],
    ['the same in escapes', Buffer.from(String.raw`{"\u005f_pr\u006Fto__":1}`), '__proto__'],
  ])('is refused with %s', (_, body, message) => {
    expect(() => parseJsonBody(body, 32)).toThrow(message);
  });

  it('may speak of the prototype in a value', () => {
    const text = JSON.stringify({ text: '{"__proto__": 1}' });
    expect(parseJsonBody(Buffer.from(text), 32)).toEqual(JSON.parse(text));
  });
});
