import type { Automaton } from '../../../tasks/text-generation/regular/automaton.js';
import { at, leave, type Position, type Term } from './position.js';

/**
 * A language of bytes; `a` is the state.
 * @param tokensLeft from a state to where a text may end
 */
export function regularTerm(id: number, automaton: Automaton, tokensLeft: (state: number) => number): Term {
  const arrive = (state: number, next: Position | undefined, out: Position[]): void => {
    const position = at(term, next, 0, state);
    if (automaton.accepts(state)) leave(position, out);
    if (automaton.goesOn(state)) out.push(position);
  };
  const term: Term = {
    id,
    fewestTokens: tokensLeft(automaton.start),
    settle: () => undefined,
    tokensLeft: ({ a }) => tokensLeft(a),
    enter: (next, out) => arrive(automaton.start, next, out),
    resume: () => undefined,
    step({ a, next }, byte, out) {
      const state = automaton.step(a, byte);
      if (state !== -1) arrive(state, next, out);
    },
    blur: (position) => position,
  };
  return term;
}
