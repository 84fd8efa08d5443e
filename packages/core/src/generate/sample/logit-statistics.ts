import { EngineError } from '../../errors/engine-error.js';
import { fallingExp, REACH } from './falling-exp.js';

/**
 * Logits are passed over in blocks of so many: functions that are called often are compiled soon and once, where one that
 * goes over a whole vocabulary is compiled in the middle of its loop, thrown away at its end, and again so a thousand times.
 */
const BLOCK = 1024;

/**
 * The largest of the first `length` logits.
 * @throws EngineError when one of them is not a number
 */
export function largestLogit(logits: Float32Array, length: number): number {
  let largest = -Infinity;
  for (let from = 0; from < length; from += BLOCK) {
    largest = largestOf(logits, from, Math.min(length, from + BLOCK), largest);
  }
  if (!Number.isFinite(largest)) throw notANumber();
  return largest;
}

/** What is not a number is neither smaller nor larger, and stays. */
function largestOf(logits: Float32Array, from: number, to: number, least: number): number {
  let largest = least;
  let i = from;
  // Four at a time, most of which are smaller.
  for (; i + 3 < to; i += 4) {
    const w = logits[i]!;
    const x = logits[i + 1]!;
    const y = logits[i + 2]!;
    const z = logits[i + 3]!;
    if (!(w <= largest && x <= largest && y <= largest && z <= largest)) largest = Math.max(largest, w, x, y, z);
  }
  for (; i < to; i++) if (!(logits[i]! <= largest)) largest = Math.max(largest, logits[i]!);
  return largest;
}

/** Natural log of the sum of e^logit over the first `length`, whose largest is known. */
export function logSumExp(logits: Float32Array, length: number, largest: number): number {
  let sum = 0;
  for (let from = 0; from < length; from += BLOCK) {
    sum += sumExp(logits, from, Math.min(length, from + BLOCK), largest);
  }
  return largest + Math.log(sum);
}

function sumExp(logits: Float32Array, from: number, to: number, largest: number): number {
  const least = largest - REACH;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const logit = logits[i]!;
    if (logit > least) sum += fallingExp(largest - logit);
  }
  return sum;
}

/** The `count` largest of the first `length`, best first. */
export function largestLogits(logits: Float32Array, length: number, count: number): readonly number[] {
  const best: number[] = [];
  let least = -Infinity;
  for (let token = 0; token < length; token++) {
    const logit = logits[token]!;
    if (best.length === count && !(logit > least)) continue;
    let at = best.length;
    while (at > 0 && logits[best[at - 1]!]! < logit) at--;
    best.splice(at, 0, token);
    if (best.length > count) best.pop();
    least = logits[best.at(-1)!]!;
  }
  return best;
}

const notANumber = (): EngineError =>
  new EngineError({
    message: 'The model computed a logit that is not a number.',
    hint: 'Use another execution provider, or pull the model again: its weights may be damaged.',
    facts: { reason: 'not a number' },
  });
