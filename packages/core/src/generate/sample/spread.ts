import type { Candidates } from './candidates.js';
import { fallingExp, REACH } from './falling-exp.js';

/** Logits as weights: e^-(how far below the likeliest, in temperatures). */
export interface Spread {
  /** Those that may not come are -Infinity; the likeliest is not. */
  readonly logits: Float32Array;
  readonly vocabulary: number;
  readonly likeliest: number;
  readonly temperature: number;
}

/** Of all tokens together. */
export function weightOfAll({ logits, vocabulary, likeliest, temperature }: Spread): number {
  const largest = logits[likeliest]!;
  const scale = 1 / temperature;
  let sum = 0;
  for (let token = 0; token < vocabulary; token++) {
    const below = (largest - logits[token]!) * scale;
    if (below <= REACH) sum += fallingExp(below);
  }
  return sum;
}

/** The token in which the weights, added up in their order, reach so much. */
export function tokenAt({ logits, vocabulary, likeliest, temperature }: Spread, weight: number): number {
  const largest = logits[likeliest]!;
  const scale = 1 / temperature;
  let left = weight;
  for (let token = 0; token < vocabulary; token++) {
    const below = (largest - logits[token]!) * scale;
    if (!(below <= REACH)) continue;
    left -= fallingExp(below);
    if (left < 0) return token;
  }
  return likeliest;
}

/** Makes the candidates those that are at most `reach` temperatures below the likeliest. */
export function gatherNear(
  candidates: Candidates,
  { logits, vocabulary, likeliest, temperature }: Spread,
  reach: number,
): Candidates {
  candidates.clear();
  const largest = logits[likeliest]!;
  const scale = 1 / temperature;
  const least = largest - reach * temperature;
  for (let token = 0; token < vocabulary; token++) {
    const logit = logits[token]!;
    if (logit >= least) candidates.add(token, fallingExp((largest - logit) * scale));
  }
  return candidates;
}

/** Makes what the mask leaves out impossible. */
export function forbidOthers(logits: Float32Array, vocabulary: number, mask: Int32Array): void {
  for (let first = 0; first < vocabulary; first += 32) {
    const word = mask[first >> 5] ?? 0;
    if (word === -1) continue;
    const end = Math.min(first + 32, vocabulary);
    if (word === 0) logits.fill(-Infinity, first, end);
    else
      for (let token = first; token < end; token++) if (((word >>> (token & 31)) & 1) === 0) logits[token] = -Infinity;
  }
}
