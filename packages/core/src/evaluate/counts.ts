import { proportion, type Proportion } from './binomial.js';
import type { Latency } from './ledger-report.js';
import { createQuantileSketch } from './quantile-sketch.js';

/** How many were right, of those somebody spoke about. */
export interface RightCount {
  add(right: boolean): void;
  proportion(): Proportion;
}

export function createRightCount(): RightCount {
  let n = 0;
  let count = 0;
  return {
    add(right) {
      n++;
      if (right) count++;
    },
    proportion: () => proportion(count, n),
  };
}

/** Times of which there are too many to keep. */
export interface LatencyCount {
  add(totalMs: number): void;
  summary(): Latency;
}

export function createLatencyCount(): LatencyCount {
  const sketch = createQuantileSketch();
  let sumMs = 0;
  return {
    add(totalMs) {
      sketch.add(totalMs);
      sumMs += totalMs;
    },
    summary: () => ({
      n: sketch.count,
      meanMs: sketch.count === 0 ? undefined : sumMs / sketch.count,
      p50Ms: sketch.quantile(0.5),
      p95Ms: sketch.quantile(0.95),
    }),
  };
}
