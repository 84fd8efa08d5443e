import type { Span } from './span.js';

/** A text in parts: `open` ones may hold values, `clear` ones were looked at. */
export type Piece =
  | { readonly is: 'open' | 'clear'; readonly text: string }
  /** Stood in the text already; no value of ours. */
  | { readonly is: 'lookalike'; readonly text: string }
  | { readonly is: 'value'; readonly text: string };

/** Where a text says something like `[EMAIL_1]` by itself, no finder looks. */
export function cutAtLookalikes(text: string, lookalikes: RegExp): Piece[] {
  const spans = Array.from(text.matchAll(lookalikes), ({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
    kind: '',
  }));
  return cutAtSpans({ is: 'open', text }, spans).map((piece) =>
    piece.is === 'value' ? { is: 'lookalike', text: piece.text } : { is: 'open', text: piece.text },
  );
}

/** @returns the piece as clear when nothing was found in it */
export function cutAtSpans({ text }: Piece, spans: readonly Span[]): Piece[] {
  if (spans.length === 0) return text === '' ? [] : [{ is: 'clear', text }];
  const pieces: Piece[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    if (start > from) pieces.push({ is: 'open', text: text.slice(from, start) });
    pieces.push({ is: 'value', text: text.slice(start, end) });
    from = end;
  }
  if (from < text.length) pieces.push({ is: 'open', text: text.slice(from) });
  return pieces;
}
