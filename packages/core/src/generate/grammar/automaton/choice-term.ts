import type { Term } from './position.js';

/** Any of some terms; a reference is a choice of one that is made later. */
export function choiceTerm(id: number, options: () => readonly Term[]): Term {
  let known: readonly Term[] | undefined;
  const term: Term = {
    id,
    options,
    fewestTokens: Infinity,
    settle() {
      for (const { fewestTokens } of options()) term.fewestTokens = Math.min(term.fewestTokens, fewestTokens);
    },
    tokensLeft: () => term.fewestTokens,
    enter(next, out) {
      known ??= textsOf(term);
      for (const option of known) option.enter(next, out);
    },
    resume: () => undefined,
    step: () => undefined,
    blur: (position) => position,
  };
  return term;
}

/** What a choice comes down to, each once: choices of the same choices would be as many as ways through them. */
function textsOf(choice: Term): readonly Term[] {
  const found = new Set([choice]);
  // It grows while it is walked.
  for (const term of found) for (const option of term.options?.() ?? []) found.add(option);
  return [...found].filter(({ options }) => options === undefined);
}
