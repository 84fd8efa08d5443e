/** Longest value that a pattern of the operator's finds for certain, in UTF-16 code units. */
export const REACH_UNITS = 128;

export interface PatternCost {
  /**
   * At most so many ways to match from one place of a text: what backtracking may try. Infinite where repetitions nest,
   * as in `(a+)+`.
   */
  readonly ways: number;
  /** Fewest code units of a match. */
  readonly shortest: number;
}

interface Item extends PatternCost {
  /** Of an item that matches one character: its source. */
  readonly unit: string | undefined;
  /** The character, of an item that matches no other. */
  readonly literal: string | undefined;
  readonly least: number;
  readonly most: number;
}

/**
 * An upper bound on what a pattern costs, from its source alone. A repeated character class is free where the character
 * that must follow is not in it, because then it can end in one place only: `[A-Z]+-` has one way, `[A-Z]+[A-Z]` many.
 * @param source of a regular expression that compiles with `flags`, `u` or `v` among them
 */
export function patternCost(source: string, flags: string): PatternCost {
  let index = 0;
  const peek = (): string => source.charAt(index);

  function alternatives(): PatternCost {
    let ways = 0;
    let shortest = Infinity;
    do {
      const branch = sequence();
      ways += branch.ways;
      shortest = Math.min(shortest, branch.shortest);
    } while (peek() === '|' && ++index);
    return { ways, shortest };
  }

  function sequence(): PatternCost {
    const items: Item[] = [];
    while (index < source.length && peek() !== '|' && peek() !== ')') items.push(item());
    let ways = 1;
    let shortest = 0;
    for (const [at, entry] of items.entries()) {
      const next = items[at + 1];
      const follows = next !== undefined && next.least > 0 ? next.literal : undefined;
      if (follows === undefined || entry.unit === undefined || takes(entry.unit, follows)) ways *= repeated(entry);
      shortest += entry.shortest * entry.least;
    }
    return { ways, shortest };
  }

  function item(): Item {
    const from = index;
    const inner = atom();
    const text = source.slice(from, index);
    const quantifier = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(source.slice(index));
    index += quantifier?.[0].length ?? 0;
    return {
      ways: inner?.ways ?? 1,
      shortest: inner?.shortest ?? (isAssertion(text) ? 0 : 1),
      unit: inner === undefined && !isAssertion(text) ? text : undefined,
      literal: literalOf(text),
      ...boundsOf(quantifier),
    };
  }

  /** Reads one atom. Returns the cost of a group's inside, and nothing for a character. */
  function atom(): PatternCost | undefined {
    if (peek() === '(') {
      const [opening] = /^\((?:\?(?:<?[=!]|<[^>]*>|[^)(:]*:))?/.exec(source.slice(index)) ?? ['('];
      index += opening.length;
      const inside = alternatives();
      index += 1;
      return /^\(\?<?[=!]/.test(opening) ? { ...inside, shortest: 0 } : inside;
    }
    if (peek() === '[') index = endOfClass(source, index, flags.includes('v'));
    else index += lengthOfCharacter(source, index);
    return undefined;
  }

  const takes = (unit: string, character: string): boolean => new RegExp(`^(?:${unit})$`, flags).test(character);

  return alternatives();
}

function repeated({ ways, least, most }: Item): number {
  if (ways === 1) return Math.min(most, Math.max(least, REACH_UNITS)) - least + 1;
  if (most === Infinity) return Infinity;
  let sum = 0;
  for (let count = least; count <= most && sum < Infinity; count += 1) sum += ways ** count;
  return sum;
}

function boundsOf(quantifier: RegExpExecArray | null): { least: number; most: number } {
  if (quantifier === null) return { least: 1, most: 1 };
  const [, sign, least, comma, most] = quantifier;
  if (sign !== undefined) return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Infinity };
  if (comma === undefined) return { least: Number(least), most: Number(least) };
  return { least: Number(least), most: most === '' || most === undefined ? Infinity : Number(most) };
}

const isAssertion = (text: string): boolean => /^(?:\^|\$|\\[bB])$/.test(text);

function literalOf(text: string): string | undefined {
  if (/^\\[^\w\s]$/.test(text)) return text.slice(1);
  return text.length === 1 && !/[.^$]/.test(text) ? text : undefined;
}

function lengthOfCharacter(source: string, index: number): number {
  const escape = /^\\(?:[pPu]\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|c[A-Za-z]|k<[^>]*>|[\s\S])/.exec(
    source.slice(index),
  );
  return escape?.[0].length ?? String.fromCodePoint(source.codePointAt(index) ?? 0).length;
}

function endOfClass(source: string, from: number, nested: boolean): number {
  let depth = 0;
  for (let index = from; index < source.length; index += 1) {
    const unit = source.charAt(index);
    if (unit === '\\') index += 1;
    else if (unit === '[' && (nested || depth === 0)) depth += 1;
    else if (unit === ']' && --depth === 0) return index + 1;
  }
  return source.length;
}
