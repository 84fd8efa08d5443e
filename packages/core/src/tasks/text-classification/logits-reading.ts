import type { GraphReading } from '../graph-reading.js';

/**
 * Logits between the two best labels. On CLINC150 every label that a batch changed had less, but for a few in a
 * thousand texts; 2 % (base) to 4 % (small) of texts have less and are run again alone (docs/benchmarks.md).
 */
const NEAR_TIE_LOGITS = 0.5;

export const logitsReading: GraphReading = {
  graphOutput: 'logits',
  isNearTie: (logits) => leadOf(logits) < NEAR_TIE_LOGITS,
};

/** How far the best is above the second best. */
function leadOf(values: Float32Array): number {
  let best = -Infinity;
  let second = -Infinity;
  for (const value of values) {
    if (value > best) [best, second] = [value, best];
    else if (value > second) second = value;
  }
  return best - second;
}
