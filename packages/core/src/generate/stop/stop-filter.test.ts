import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { createStopFilter } from './stop-filter.js';

function shown(parts: readonly string[], stops: readonly string[]): string {
  const filter = createStopFilter(stops);
  let text = '';
  for (const part of parts) {
    text += filter.push(part);
    if (filter.isStopped) return text;
  }
  return text + filter.end();
}

describe('a stop filter', () => {
  it('shows what stands before the first stop string, however the text is cut', () => {
    const random = seededRandom(3);
    const draw = (most: number): string =>
      Array.from({ length: 1 + Math.floor(random() * most) }, () => 'ab\n'[Math.floor(random() * 3)]).join('');
    for (let round = 0; round < 500; round++) {
      const text = draw(40);
      const stops = [draw(4), draw(5), draw(6)];
      const parts: string[] = [];
      for (let at = 0; at < text.length;) {
        const length = Math.floor(random() * 5);
        parts.push(text.slice(at, at + length));
        at += length;
      }
      const firsts = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
      const seen = shown(parts, stops);
      // The first one in the text, or one that was complete before it.
      if (firsts.length === 0) expect(seen).toBe(text);
      else {
        expect(text.startsWith(seen)).toBe(true);
        expect(stops.some((stop) => text.startsWith(stop, seen.length))).toBe(true);
        expect(stops.some((stop) => seen.includes(stop))).toBe(false);
      }
      expect(shown([...text], stops)).toBe(firsts.length === 0 ? text : seenLetterByLetter(text, stops));
    }
  });

  it('holds back no more than what may become a stop string', () => {
    const filter = createStopFilter(['END']);
    expect(filter.push('the E')).toBe('the ');
    expect(filter.push('N')).toBe('');
    expect(filter.push('ough')).toBe('ENough');
    expect(filter.push('EN')).toBe('');
    expect(filter.end()).toBe('EN');
  });

  it('passes everything on when nothing stops it', () => {
    expect(shown(['a', '', 'b'], [])).toBe('ab');
    expect(shown(['a', '', 'b'], [''])).toBe('ab');
  });
});

function seenLetterByLetter(text: string, stops: readonly string[]): string {
  for (let end = 1; end <= text.length; end++) {
    const seen = text.slice(0, end);
    const begins = stops.filter((stop) => seen.endsWith(stop)).map((stop) => end - stop.length);
    if (begins.length > 0) return seen.slice(0, Math.min(...begins));
  }
  return text;
}
