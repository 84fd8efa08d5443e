import type { Candidates } from './candidates.js';
import { fallingExp, REACH } from './falling-exp.js';

/** Logits as weights: e^-(how far below the likeliest, in temperatures). */
export interface Spread {
  readonly logits: Float32Array;
  readonly vocabulary: number;
  readonly mask: Int32Array | undefined;
  /** Of those that the mask allows. */
  readonly likeliest: number;
  readonly temperature: number;
}

/** Of all tokens together. */
export function weightOfAll({ logits, vocabulary, mask, likeliest, temperature }: Spread): number {
  const largest = logits[likeliest]!;
  const least = largest - REACH * temperature;
  let sum = 0;
  for (let token = 0; token < vocabulary; token++) {
    const logit = logits[token]!;
    if (logit >= least && isAllowed(mask, token)) sum += weightOf(largest - logit, temperature);
  }
  return sum;
}

/** The token in which the weights, added up in their order, reach so much. */
export function tokenAt({ logits, vocabulary, mask, likeliest, temperature }: Spread, weight: number): number {
  const largest = logits[likeliest]!;
  const least = largest - REACH * temperature;
  let left = weight;
  for (let token = 0; token < vocabulary; token++) {
    const logit = logits[token]!;
    if (!(logit >= least) || !isAllowed(mask, token)) continue;
    left -= weightOf(largest - logit, temperature);
    if (left < 0) return token;
  }
  return likeliest;
}

/** Makes the candidates those that are at most `reach` temperatures below the likeliest. */
export function gatherNear(
  candidates: Candidates,
  { logits, vocabulary, mask, likeliest, temperature }: Spread,
  reach: number,
): Candidates {
  candidates.clear();
  const largest = logits[likeliest]!;
  const least = largest - reach * temperature;
  for (let token = 0; token < vocabulary; token++) {
    const logit = logits[token]!;
    if (logit >= least && isAllowed(mask, token)) candidates.add(token, weightOf(largest - logit, temperature));
  }
  return candidates;
}

/** Rounding may put the last of them a little behind the reach. */
const weightOf = (below: number, temperature: number): number => fallingExp(Math.min(REACH, below / temperature));

const isAllowed = (mask: Int32Array | undefined, token: number): boolean =>
  mask === undefined || ((mask[token >> 5]! >>> (token & 31)) & 1) === 1;
