/** Of the text that is looked at at once: a segmenter takes time with the square of what it is given. */
const WINDOW = 1000;

export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly isWordLike: boolean;
}

/** Undefined where the platform has none. */
const segmenter = (granularity: 'word' | 'sentence'): Intl.Segmenter | undefined =>
  'Segmenter' in Intl ? new Intl.Segmenter('und', { granularity }) : undefined;

const SEGMENTERS = { word: segmenter('word'), sentence: segmenter('sentence') } as const;

/** What words and sentences look like where nothing knows better. */
const PLAIN = {
  word: /[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu,
  sentence: /[^.!?。！？\n]*[.!?。！？\n]*\s*/gu,
} as const;
const WORD_LIKE = /[\p{L}\p{N}]/u;

/** A text's words or sentences, all of it, in linear time. One that is longer than a window is cut. */
export function* segmentsOf(text: string, granularity: 'word' | 'sentence'): Generator<Segment, void> {
  const window = granularity === 'word' ? WINDOW : 2 * WINDOW;
  for (let at = 0; at < text.length;) {
    const looked = text.slice(at, endWithin(text, at + window));
    const isLast = at + looked.length >= text.length;
    const found = partsOf(looked, granularity);
    // The last one may go on behind the window: it is looked at again, from its beginning.
    if (!isLast && found.length > 1) found.pop();
    for (const { start, end, isWordLike } of found) yield { start: at + start, end: at + end, isWordLike };
    at += found.at(-1)?.end ?? looked.length;
  }
}

function partsOf(text: string, granularity: 'word' | 'sentence'): Segment[] {
  const known = SEGMENTERS[granularity];
  if (!known) return plainParts(text, granularity);
  return Array.from(known.segment(text), ({ index, segment, isWordLike }) => ({
    start: index,
    end: index + segment.length,
    isWordLike: isWordLike === true,
  }));
}

/** Words and sentences by their signs alone. */
export function plainParts(text: string, granularity: 'word' | 'sentence'): Segment[] {
  return Array.from(text.matchAll(PLAIN[granularity]), ({ index, 0: part }) => ({
    start: index,
    end: index + part.length,
    isWordLike: WORD_LIKE.test(part),
  })).filter(({ start, end }) => end > start);
}

/** That end, or one less where it would stand within a pair of surrogates. */
export function endWithin(text: string, end: number): number {
  const before = text.charCodeAt(end - 1);
  return end < text.length && before >= 0xd800 && before <= 0xdbff ? end - 1 : end;
}
