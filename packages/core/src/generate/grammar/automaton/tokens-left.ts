import type { Position } from './position.js';

/** How few tokens end a text from one of some positions. What is behind most positions is known from before. */
export function tokensLeftFrom(): (positions: readonly Position[]) => number {
  const known = new WeakMap<Position, number>();
  /** A chat can nest as deep as it is long: no recursion. */
  const behind = (position: Position): number => {
    const unknown: Position[] = [];
    let tokens: number | undefined;
    for (let each = position.next; each !== undefined && tokens === undefined; each = each.next) {
      tokens = known.get(each);
      if (tokens === undefined) unknown.push(each);
    }
    tokens ??= 0;
    for (const each of unknown.toReversed()) {
      tokens += each.term.tokensLeft(each);
      known.set(each, tokens);
    }
    return tokens;
  };
  return (positions) =>
    positions.reduce(
      (fewest, position) => Math.min(fewest, position.term.tokensLeft(position) + behind(position)),
      Infinity,
    );
}
