/** Further below the likeliest one, all tokens of a vocabulary together have less than 1e-4 of the probability. */
export const REACH = 20;

const STEPS = 256;
const TABLE = Float32Array.from({ length: REACH * STEPS + 1 }, (_, i) => Math.exp(-i / STEPS));

/**
 * e^-below for 0 <= below <= REACH, to 2e-6 of itself: a table and one term of the series behind it. `Math.exp` for a
 * whole vocabulary takes longer than everything else that a sampler does.
 */
export function fallingExp(below: number): number {
  const at = below * STEPS;
  const step = (at + 0.5) | 0;
  return TABLE[step]! * (1 - (at - step) / STEPS);
}
