import type { Reference, RolloutGuard, RolloutMetric, RolloutOutcome, RolloutSide, TestEvidence } from './rollout.js';
import { addSample } from './sequential-test.js';

/** Values of the old model that a reference is made of. Meanwhile nothing is tested by it. */
const GATHERED = 100;

/** Of them: a latency is slow above the first, and costs count up to the second. */
const SLOW = 0.9;
const DEAREST = 0.99;

/** Points that are no regression; where the margin is a share of the old model's, the values themselves are scaled. */
export function pointsOf(metric: RolloutMetric, guard: RolloutGuard): number {
  switch (metric) {
    case 'reward':
      return guard.rewardMargin;
    case 'error':
      return guard.errorMargin;
    case 'latency':
    case 'cost':
      return 0;
    default:
      return metric satisfies never;
  }
}

/**
 * Adds an outcome to a test of latency, cost or errors. A latency is bad above the old model's p90 (plus the margin, on the
 * new side), which assumes nothing of tails; a cost counts as its share of the old model's p99, and no more than that: what
 * is dearer still is not seen, so that one absurd bill decides nothing.
 */
export function addOutcome(
  evidence: TestEvidence,
  { side, latencyMs, costUsd, failed }: RolloutOutcome,
  guard: RolloutGuard,
): TestEvidence {
  switch (evidence.metric) {
    case 'reward':
      return evidence;
    case 'error':
      return addSample(evidence, side, failed ? 1 : 0, guard.errorMargin);
    case 'latency': {
      const slow = scaled(latencyMs, side, guard.latencyMargin);
      return addMeasured(evidence, side, slow, SLOW, (value, reference) => (value > reference ? 1 : 0));
    }
    case 'cost': {
      const dear = scaled(costUsd, side, guard.costMargin);
      return addMeasured(evidence, side, dear, DEAREST, (value, reference) =>
        value >= reference && value > 0 ? 1 : value / reference || 0,
      );
    }
    default:
      return evidence.metric satisfies never;
  }
}

const scaled = (value: number, side: RolloutSide, margin = 0): number =>
  side === 'new' ? value / (1 + margin) : value;

function addMeasured(
  evidence: TestEvidence,
  side: RolloutSide,
  value: number,
  quantile: number,
  badness: (value: number, reference: number) => number,
): TestEvidence {
  const { reference } = evidence;
  if (reference?.kind === 'fixed') return addSample(evidence, side, badness(value, reference.value), 0);
  // Before that is known, the new model's own are left out: a canary has hardly any.
  if (side === 'new') return evidence;
  const values = [...(reference?.values ?? []), value];
  return { ...evidence, reference: values.length < GATHERED ? { kind: 'gathering', values } : fixed(values, quantile) };
}

function fixed(values: readonly number[], quantile: number): Reference {
  const sorted = values.toSorted((a, b) => a - b);
  return { kind: 'fixed', value: sorted[Math.ceil(quantile * sorted.length) - 1]! };
}
