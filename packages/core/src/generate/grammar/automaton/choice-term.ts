import type { Term } from './position.js';

/** Any of some terms; a reference is a choice of one that is made later. */
export function choiceTerm(id: number, options: () => readonly Term[]): Term {
  const term: Term = {
    id,
    fewestTokens: Infinity,
    settle() {
      for (const { fewestTokens } of options()) term.fewestTokens = Math.min(term.fewestTokens, fewestTokens);
    },
    tokensLeft: () => term.fewestTokens,
    enter(next, out) {
      for (const option of options()) option.enter(next, out);
    },
    resume: () => undefined,
    step: () => undefined,
    blur: (position) => position,
  };
  return term;
}
