import { EngineError } from '../../errors/engine-error.js';
import { fallingExp, REACH } from './falling-exp.js';

/**
 * The largest of the first `length` logits.
 * @throws EngineError when one of them is not a number
 */
export function largestLogit(logits: Float32Array, length: number): number {
  let largest = -Infinity;
  let i = 0;
  // Four at a time, most of which are smaller. What is not a number is neither smaller nor larger, and stays.
  for (; i + 3 < length; i += 4) {
    const w = logits[i]!;
    const x = logits[i + 1]!;
    const y = logits[i + 2]!;
    const z = logits[i + 3]!;
    if (!(w <= largest && x <= largest && y <= largest && z <= largest)) largest = Math.max(largest, w, x, y, z);
  }
  for (; i < length; i++) if (!(logits[i]! <= largest)) largest = Math.max(largest, logits[i]!);
  if (!Number.isFinite(largest)) throw notANumber();
  return largest;
}

/** Natural log of the sum of e^logit over the first `length`, whose largest is known. */
export function logSumExp(logits: Float32Array, length: number, largest: number): number {
  const least = largest - REACH;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const logit = logits[i]!;
    if (logit > least) sum += fallingExp(largest - logit);
  }
  return largest + Math.log(sum);
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
