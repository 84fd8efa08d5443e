import { findCards } from './find-cards.js';
import { findEmails } from './find-emails.js';
import { findIbans } from './find-ibans.js';
import { findOwn } from './find-own.js';
import { findPhones } from './find-phones.js';
import { valueFinder } from './find-values.js';
import { foldText } from './fold-text.js';
import { BUILT_IN_KINDS, compilePatterns, type OwnPattern } from './own-patterns.js';
import { cutAtLookalikes, cutAtSpans, type Piece } from './pieces.js';
import { createRestorer, placeholderOf, placeholderPattern, type Restorer } from './placeholders.js';
import { mergeSpans, type Finder, type Span } from './span.js';

export type { OwnPattern } from './own-patterns.js';

/**
 * What was hidden by its neighbour shows in the next round; texts of people settle after one or two. Bounded, because a
 * pattern that looks at what stands before it could uncover one value a round.
 */
const MOST_ROUNDS = 8;

const FINDERS: readonly Finder[] = [findEmails, findIbans, findCards, findPhones];

/** Puts the values back into what was made of the redacted text. An answer in JSON is restored after it is parsed. */
export interface Redaction extends Restorer {
  /** How many places were replaced, by kind: `email`, `phone`, `card`, `iban` and the names of own patterns. */
  readonly counts: Readonly<Record<string, number>>;
}

/** One text without what must not leave. */
export interface Redacted extends Redaction {
  readonly text: string;
}

/** Several texts without what must not leave. */
export interface RedactedTexts extends Redaction {
  /** One for each text, in order. */
  readonly texts: readonly string[];
}

/** Replaces what must not leave the device. */
export interface Redactor {
  redact(text: string): Redacted;
  /** The texts of one conversation: the same value has the same placeholder in all of them. */
  redactAll(texts: readonly string[]): RedactedTexts;
}

/**
 * Replaces what must not leave the device by placeholders such as `[EMAIL_1]`, and puts it back into the answer.
 * Guaranteed: restoring a redacted text gives the text; a value that was replaced somewhere stands nowhere else outside
 * of placeholders; time is linear in the texts. Redacting a redacted text changes nothing, unless a pattern of the
 * operator's looks at what surrounds its values. What is found is a matter of form: a name or an address is not found.
 * @param patterns the operator's own
 * @throws InvalidDataError when a pattern is wrong or could be slow
 */
export function createRedactor({ patterns = [] }: { patterns?: readonly OwnPattern[] }): Redactor {
  const own = compilePatterns(patterns);
  const kinds = [...BUILT_IN_KINDS, ...own.map(({ kind }) => kind)];
  const lookalikes = placeholderPattern(kinds);

  const find = (text: string): Span[] => {
    const folded = foldText(text);
    const written = folded === text ? [text] : [text, folded];
    return mergeSpans(
      [
        ...FINDERS.flatMap((finder) => finder(folded)),
        ...own.flatMap((pattern) => written.flatMap((form) => findOwn(pattern, form))),
      ],
      kinds,
    );
  };

  const redactAll = (texts: readonly string[]): RedactedTexts => {
    const kindOf = new Map<string, string>();
    let parts = texts.map((text) => cutAtLookalikes(text, lookalikes));
    for (let round = 0; round < MOST_ROUNDS && parts.flat().some(({ is }) => is === 'open'); round += 1) {
      const found = new Map<string, string>();
      const cut = (piece: Piece, spans: readonly Span[]): Piece[] => {
        for (const { start, end, kind } of spans) {
          const value = piece.text.slice(start, end);
          if (!kindOf.has(value)) found.set(value, kind);
          kindOf.set(value, kindOf.get(value) ?? kind);
        }
        return cutAtSpans(piece, spans);
      };
      parts = parts.map((pieces) =>
        pieces.flatMap((piece) => (piece.is === 'open' ? cut(piece, find(piece.text)) : [piece])),
      );
      if (found.size === 0) break;
      // What was found by its surroundings in one place goes from every other place too.
      const findValues = valueFinder(new Map(found));
      parts = parts.map((pieces) =>
        pieces.flatMap((piece) => {
          if (piece.is === 'value' || piece.is === 'lookalike') return [piece];
          const spans = mergeSpans(findValues(piece.text), kinds);
          return spans.length === 0 ? [piece] : cut(piece, spans);
        }),
      );
    }
    return assemble(parts, kindOf, lookalikes);
  };

  return {
    redactAll,
    redact(text) {
      const { texts, ...redaction } = redactAll([text]);
      return { text: texts[0] ?? '', ...redaction };
    },
  };
}

/** Numbers values in reading order, past every number that looks taken. */
function assemble(
  parts: readonly (readonly Piece[])[],
  kindOf: ReadonlyMap<string, string>,
  lookalikes: RegExp,
): RedactedTexts {
  const taken = new Set(parts.flat().flatMap(({ is, text }) => (is === 'lookalike' ? [text] : [])));
  const placeholders = new Map<string, string>();
  const values = new Map<string, string>();
  const numbers = new Map<string, number>();
  const counts = new Map<string, number>();
  const increment = (map: Map<string, number>, kind: string): number => {
    const next = (map.get(kind) ?? 0) + 1;
    map.set(kind, next);
    return next;
  };

  const placeholderFor = (value: string): string => {
    const kind = kindOf.get(value) ?? '';
    increment(counts, kind);
    const known = placeholders.get(value);
    if (known !== undefined) return known;
    let placeholder: string;
    do placeholder = placeholderOf(kind, increment(numbers, kind));
    while (taken.has(placeholder));
    placeholders.set(value, placeholder);
    values.set(placeholder, value);
    return placeholder;
  };

  const texts = parts.map((pieces) =>
    pieces.map(({ is, text }) => (is === 'value' ? placeholderFor(text) : text)).join(''),
  );
  return { texts, counts: Object.fromEntries(counts), ...createRestorer(values, lookalikes) };
}
