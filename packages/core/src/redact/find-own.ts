import type { CompiledPattern } from './own-patterns.js';
import { REACH_UNITS } from './pattern-cost.js';
import type { Span } from './span.js';

/**
 * Everything a pattern matches, empty matches aside. It sees a short part of the text at a time, with as much before and
 * behind it, so that its time is linear in the text. A value of up to REACH_UNITS is found as in the whole text.
 */
export function findOwn({ kind, regex }: CompiledPattern, text: string): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < text.length;) {
    const next = outsidePair(text, from + REACH_UNITS);
    const base = outsidePair(text, Math.max(0, from - REACH_UNITS));
    const view = text.slice(base, outsidePair(text, next + REACH_UNITS));
    regex.lastIndex = from - base;
    from = next;
    for (let match = regex.exec(view); match !== null; match = regex.exec(view)) {
      const start = base + match.index;
      if (start >= next) break;
      const end = start + match[0].length;
      if (end > start) spans.push({ start, end, kind });
      else regex.lastIndex = outsidePair(view, match.index + 1);
      from = Math.max(from, end);
    }
  }
  return spans;
}

/** Not between the halves of a surrogate pair. */
function outsidePair(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff && index < text.length ? index + 1 : index;
}
