import type { Term } from './position.js';

/** Any of some terms; a reference is a choice of one that is made later. */
export function choiceTerm(id: number, options: () => readonly Term[]): Term {
  return {
    id,
    enter(next, out) {
      for (const option of options()) option.enter(next, out);
    },
    resume: () => undefined,
    step: () => undefined,
    blur: (position) => position,
  };
}
