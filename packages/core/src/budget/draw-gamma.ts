import type { Random } from '../ports/random.js';

/**
 * From the gamma distribution of this shape, with the scale 1 (Marsaglia and Tsang, 2000).
 * @param shape above 0
 */
export function drawGamma(shape: number, random: Random): number {
  // A shape below 1 is that of one more, taken to a power; `1 - random()` is never 0.
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random()) < normal ** 2 / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}
