import { EngineError } from '../../errors/engine-error.js';
import { fallingExp, REACH } from './falling-exp.js';

/**
 * The largest of the first `length` logits.
 * @throws EngineError when one of them is not a number
 */
export function largestLogit(logits: Float32Array, length: number): number {
  // Four at a time: one chain of comparisons waits for itself.
  let a = -Infinity;
  let b = -Infinity;
  let c = -Infinity;
  let d = -Infinity;
  let sum = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    const w = logits[i]!;
    const x = logits[i + 1]!;
    const y = logits[i + 2]!;
    const z = logits[i + 3]!;
    if (w > a) a = w;
    if (x > b) b = x;
    if (y > c) c = y;
    if (z > d) d = z;
    sum += w + x + (y + z);
  }
  for (; i < length; i++) {
    if (logits[i]! > a) a = logits[i]!;
    sum += logits[i]!;
  }
  const largest = Math.max(a, b, c, d);
  // Comparisons pass over what is not a number; a sum does not.
  if (Number.isNaN(sum) || !Number.isFinite(largest)) throw notANumber();
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
