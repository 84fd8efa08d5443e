import { describe, expect, it } from 'vitest';
import { createOverlapCut } from './overlap.js';

/** Both as they stand together, the text given in pieces of so many characters. */
function joined(prefix: string, text: string, { size = 1, leastCharacters = 4, parts = false } = {}): string {
  const cut = createOverlapCut(prefix, { leastCharacters, parts });
  let out = prefix;
  for (let at = 0; at < text.length; at += size) out += cut.push(text.slice(at, at + size));
  return out + cut.end();
}

const LONG = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ');

describe('a text that goes on with another', () => {
  it.each([1, 3, 1000])('repeats nothing of it, in pieces of %i', (size) => {
    const cases: [string, string, string][] = [
      ['The cat sat', 'cat sat on the mat.', 'The cat sat on the mat.'],
      ['The cat sat', ' on the mat.', 'The cat sat on the mat.'],
      ['The cat sat ', ' on the mat.', 'The cat sat on the mat.'],
      ['The cat sat ', 'on the mat.', 'The cat sat on the mat.'],
      ['The cat sat ', '\ncat sat on the mat.', 'The cat sat on the mat.'],
      ['The cat sat', 'The cat sat on the mat.', 'The cat sat on the mat.'],
      ['unbeliev', 'able', 'unbelievable'],
      ['bana', 'na', 'banana'],
      ['one. One', ' two', 'one. One two'],
      ['', ' text', ' text'],
      ['all of it', 'all of it', 'all of it'],
      ['all of it', '', 'all of it'],
      [LONG, `${LONG} and more`, `${LONG} and more`],
      [LONG, `${LONG.slice(LONG.indexOf('word51'))} and more`, `${LONG} and more`],
      [LONG, ' and more', `${LONG} and more`],
    ];
    for (const [prefix, text, whole] of cases) expect(joined(prefix, text, { size })).toBe(whole);
  });

  it('takes the longest repetition of several', () => {
    expect(joined('so it is, so it is', 'so it is, so it is and ever was')).toBe('so it is, so it is and ever was');
    expect(joined('a: so it is, so it is', 'so it is and ever was')).toBe('a: so it is, so it is and ever was');
  });

  it('keeps what is too short to be a repetition', () => {
    expect(joined('he said ha ha', 'ha ha', { leastCharacters: 16 })).toBe('he said ha haha ha');
  });

  it('puts words apart where one begins anew', () => {
    expect(joined('The cat sat', 'on the mat', { parts: true })).toBe('The cat sat on the mat');
    expect(joined('The cat sat.', 'Then it', { parts: true })).toBe('The cat sat. Then it');
    expect(joined('The cat sat', ', and', { parts: true })).toBe('The cat sat, and');
    expect(joined('The cat sat', 'cat sat on', { parts: true })).toBe('The cat sat on');
    expect(joined('猫が', '座った', { parts: true })).toBe('猫が座った');
  });

  it('holds back no more than it must', () => {
    const cut = createOverlapCut('The cat sat', { leastCharacters: 4 });
    expect(cut.push('cat')).toBe('');
    expect(cut.push('astrophe')).toBe('catastrophe');
    const anew = createOverlapCut(LONG, { leastCharacters: 4 });
    expect(anew.push(LONG.slice(0, 300))).toBe('');
    expect(anew.push('something else')).toBe('something else');
  });
});
