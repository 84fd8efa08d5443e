/**
 * A place in a text: inside a text of `term`, and what comes behind it. Positions never change; many share what comes
 * behind. What `mode`, `a` and `b` mean is the term's.
 */
export interface Position {
  readonly term: Term;
  readonly mode: number;
  readonly a: number;
  readonly b: number;
  readonly next: Position | undefined;
}

/** A part of a grammar. From a position there may be several ways: all of them are gone at once. */
export interface Term {
  readonly id: number;
  /** Of a text of it, by what is known of its parts; Infinity where no text can be written. */
  fewestTokens: number;
  /** Of a choice, which has no positions of its own. */
  readonly options?: () => readonly Term[];
  /** Looks again at what is known of its parts. */
  settle(): void;
  /** From a position to where the term's own text is over. No token needs to reach beyond it. */
  tokensLeft(position: Position): number;
  /** Adds where a text of this term begins; each place that is added takes a byte or is the end of all. */
  enter(next: Position, out: Position[]): void;
  /** Goes on behind a text that was entered with such a position as what comes next. */
  resume(position: Position, out: Position[]): void;
  /** Adds where a byte leads; nothing when it may not come. */
  step(position: Position, byte: number, out: Position[]): void;
  /** The same position with counts that no token can run down made `FAR`: such places allow the same tokens. */
  blur(position: Position, bounds: Bounds): Position;
}

/** What one token can do at most. */
export interface Bounds {
  readonly bytes: number;
  /** Items of a list, or properties, that it can begin. */
  readonly items: number;
}

/** A count from which one token cannot reach zero. It stays as it is. */
export const FAR = 2 ** 30;

export function less(count: number): number {
  return count === FAR ? FAR : count - 1;
}

export function blurred(count: number, most: number): number {
  return count > most ? FAR : count;
}

export function at(term: Term, next: Position | undefined, mode: number, a = 0, b = 0): Position {
  return { term, mode, a, b, next };
}

/**
 * Where a text can be at more places than these, the last are given up: schemas of branches that begin alike double
 * their places with every level. What is left is still of the schema, and can end.
 */
export const MOST_PLACES = 1024;

/** On to what comes behind. */
export function leave(position: Position, out: Position[]): void {
  const { next } = position;
  if (next !== undefined) next.term.resume(next, out);
}

/** Where the whole text is over. */
export const END: Position = at(
  {
    id: 0,
    fewestTokens: 0,
    settle: () => undefined,
    tokensLeft: () => 0,
    enter: () => undefined,
    resume: (position, out) => void out.push(position),
    step: () => undefined,
    blur: (position) => position,
  },
  undefined,
  0,
);
