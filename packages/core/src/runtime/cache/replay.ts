import type { TextResult } from '../text/text-result.js';
import type { TextStep } from '../text/text-step.js';
import { isText, type AnyResult, type AnyStep } from './answers.js';
import type { Pieces } from './to-entry.js';

/** Most characters that are told in one step. */
const STEP_CHARACTERS = 4096;

/** An answer from memory as a stream tells one: what happened, its texts at once, the result. */
export function* replay(result: AnyResult, pieces: Pieces): Generator<AnyStep, AnyResult> {
  const [found, ...rest] = result.trace;
  yield { kind: 'trace', event: found! } as AnyStep;
  if (isText(result)) yield* texts(result, pieces);
  for (const event of rest) yield { kind: 'trace', event } as AnyStep;
  yield { kind: 'result', result } as AnyStep;
  return result;
}

function* texts({ output: { choices }, tier }: TextResult, pieces: Pieces): Generator<TextStep> {
  if (pieces) {
    for (const piece of pieces) yield { kind: 'text', choice: 0, tier, ...piece };
    return;
  }
  for (const [choice, { text }] of choices.entries()) {
    for (const part of cut(text)) yield { kind: 'text', choice, text: part, tier, logProbs: [] };
  }
}

/** Never within a character. */
function* cut(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const end = at + STEP_CHARACTERS;
    const isWithin = end < text.length && isHighSurrogate(text.charCodeAt(end - 1));
    const to = isWithin ? end - 1 : end;
    yield text.slice(at, to);
    at = to;
  }
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
