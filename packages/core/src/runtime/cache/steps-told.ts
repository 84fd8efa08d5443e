import { copyOf } from '../../cache/copy-of.js';
import type { AnyResult, AnyStep } from './answers.js';
import type { Telling } from './flight.js';

const NUMBER_BYTES = 8;
const TOKEN_BYTES = 64;

/** Of runs that answer: their texts take room, and the answer is there before the run has ended. */
export const STEPS_TOLD: Telling<AnyStep, AnyResult> = {
  bytesOf(step) {
    if (step.kind !== 'text') return 0;
    const { text, logProbs, tokens = [] } = step;
    const alternatives = tokens.reduce((sum, { top }) => sum + 1 + top.length, 0);
    return text.length + NUMBER_BYTES * logProbs.length + TOKEN_BYTES * alternatives;
  },
  resultOf: (step) => (step.kind === 'result' ? step.result : undefined),
  copyOf,
};
