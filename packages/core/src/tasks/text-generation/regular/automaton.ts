import type { Range, Regular } from './regular.js';

/** States that a language of bytes or code points goes through; -1 is where no text of it can go on from. */
export interface Automaton {
  readonly start: number;
  /** That it was made of: a measure of its size. */
  readonly states: number;
  step(state: number, symbol: number): number;
  accepts(state: number): boolean;
  /** Whether any symbol may follow. */
  goesOn(state: number): boolean;
}

export interface RegularAutomaton extends Automaton {
  /** Finds how few symbols are left from each state to where a text may end, of those that can be written. */
  symbolsLeft(isWritten: (symbol: number) => boolean): (state: number) => number;
}

/** Thrown when a language takes more states than it may. */
export class TooManyStates extends Error {}

interface Edge {
  readonly range: Range;
  readonly to: number;
}

/**
 * States of the language by Thompson's construction; sets of them become states of the automaton when they are first
 * reached.
 * @throws TooManyStates
 */
export function createAutomaton(regular: Regular, mostStates: number): RegularAutomaton {
  const edges: Edge[][] = [];
  const silent: number[][] = [];
  const add = (): number => {
    if (edges.length >= mostStates) throw new TooManyStates();
    silent.push([]);
    return edges.push([]) - 1;
  };
  /** @returns the state behind a text of it that begins at `from` */
  const build = (part: Regular, from: number): number => {
    switch (part.kind) {
      case 'set': {
        const to = add();
        for (const range of part.ranges) edges[from]!.push({ range, to });
        return to;
      }
      case 'sequence':
        return part.parts.reduce((at, each) => build(each, at), from);
      case 'choice': {
        const to = add();
        for (const each of part.options) {
          const begin = add();
          silent[from]!.push(begin);
          silent[build(each, begin)]!.push(to);
        }
        return to;
      }
      case 'repeat': {
        let at = from;
        for (let i = 0; i < part.least; i++) at = build(part.of, afresh(at));
        const to = add();
        silent[at]!.push(to);
        if (part.most === Infinity) {
          const again = afresh(at);
          const end = build(part.of, again);
          silent[end]!.push(again, to);
          return to;
        }
        for (let i = part.least; i < part.most; i++) {
          at = build(part.of, afresh(at));
          silent[at]!.push(to);
        }
        return to;
      }
      default:
        return part satisfies never;
    }
  };
  const afresh = (from: number): number => {
    const state = add();
    silent[from]!.push(state);
    return state;
  };
  const begin = add();
  const end = build(regular, begin);

  const members: (readonly number[])[] = [];
  const byKey = new Map<string, number>();
  const steps: Map<number, number>[] = [];
  const stateOf = (from: readonly number[]): number => {
    const reached = new Set(from);
    // A set grows while it is walked: what is added is walked, too.
    for (const state of reached) for (const next of silent[state]!) reached.add(next);
    const kept = [...reached].filter((state) => state === end || edges[state]!.length > 0).toSorted((a, b) => a - b);
    if (kept.length === 0) return -1;
    const key = kept.join();
    const known = byKey.get(key);
    if (known !== undefined) return known;
    steps.push(new Map());
    const state = members.push(kept) - 1;
    byKey.set(key, state);
    return state;
  };
  return {
    start: stateOf([begin]),
    states: edges.length,
    step(state, symbol) {
      const known = steps[state]!.get(symbol);
      if (known !== undefined) return known;
      const to: number[] = [];
      for (const member of members[state]!)
        for (const { range, to: next } of edges[member]!) if (symbol >= range[0] && symbol <= range[1]) to.push(next);
      const next = stateOf(to);
      steps[state]!.set(symbol, next);
      return next;
    },
    accepts: (state) => members[state]!.includes(end),
    goesOn: (state) => members[state]!.some((member) => edges[member]!.length > 0),
    symbolsLeft(isWritten) {
      const left = distancesTo(end, edges, silent, isWritten);
      return (state) => members[state]!.reduce((fewest, member) => Math.min(fewest, left[member]!), Infinity);
    },
  };
}

/** Edges of symbols that cannot be written lead nowhere. */
function distancesTo(
  end: number,
  edges: readonly (readonly Edge[])[],
  silent: readonly (readonly number[])[],
  isWritten: (symbol: number) => boolean,
): readonly number[] {
  const canWrite = ({ range: [from, to] }: Edge): boolean => {
    for (let symbol = from; symbol <= to; symbol++) if (isWritten(symbol)) return true;
    return false;
  };
  const before = edges.map((): { readonly silent: number[]; readonly edges: number[] } => ({ silent: [], edges: [] }));
  for (const [state, nexts] of silent.entries()) for (const next of nexts) before[next]!.silent.push(state);
  for (const [state, nexts] of edges.entries())
    for (const edge of nexts) if (canWrite(edge)) before[edge.to]!.edges.push(state);
  const distances = edges.map(() => Infinity);
  let level = [end];
  for (let distance = 0; level.length > 0; distance++) {
    const reached: number[] = [];
    // It grows while it is walked: what is reached without a symbol is as far.
    for (const state of level) {
      if (distances[state]! <= distance) continue;
      distances[state] = distance;
      level.push(...before[state]!.silent);
      reached.push(...before[state]!.edges);
    }
    level = reached;
  }
  return distances;
}

/** Whether a text, code point by code point, is of the language. Linear in its length, whatever the pattern. */
export function accepts({ start, step, accepts: ends }: Automaton, text: string): boolean {
  let state = start;
  for (const character of text) {
    state = step(state, character.codePointAt(0)!);
    if (state === -1) return false;
  }
  return ends(state);
}
