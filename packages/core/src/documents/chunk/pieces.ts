import type { DocumentBlock } from '../read-document.js';
import { endWithin, segmentsOf } from '../segments.js';

/** A part of a text that is not taken apart any further. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** Whether it can be told twice, at the end of a passage and at the beginning of the next. */
  readonly isSentence: boolean;
}

/** A block in pieces of so many characters at most: sentences, or code and tables by their lines. */
export function* piecesOf(text: string, block: DocumentBlock, most: number): Generator<Piece, void> {
  if (block.kind === 'code' || block.kind === 'table') {
    yield* cut(text, block.start, block.end, most, false);
    return;
  }
  // Lines of a paragraph that a reader wrapped are no sentences of their own.
  const flowing = text
    .slice(block.start, block.end)
    .replace(/(?<![\r\n])\r?\n(?![\r\n])/g, (ending) => ' '.repeat(ending.length));
  for (const { start, end } of segmentsOf(flowing, 'sentence')) {
    yield* cut(text, block.start + start, block.start + end, most, true);
  }
}

/** Without white space at its ends; where it is too long in several, by lines or words where it has any. */
function* cut(text: string, from: number, to: number, most: number, isSentence: boolean): Generator<Piece, void> {
  for (let at = from; at < to;) {
    const looked = text.slice(at, to - at > most ? endWithin(text, at + most) : to);
    const end = at + (at + looked.length < to ? lastBreak(looked) : looked.length);
    const part = text.slice(at, end);
    const trimmed = part.trim();
    if (trimmed !== '') {
      const start = at + part.length - part.trimStart().length;
      yield { start, end: start + trimmed.length, isSentence: isSentence && end === to };
    }
    at = end;
  }
}

/** In its second half, where there is one: pieces of a word or two help nobody. */
function lastBreak(text: string): number {
  for (const sign of ['\n', ' ']) {
    const at = text.lastIndexOf(sign) + 1;
    if (at > text.length / 2) return at;
  }
  return text.length;
}
