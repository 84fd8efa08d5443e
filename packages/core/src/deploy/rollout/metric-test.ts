import type { Reference, RolloutGuard, RolloutMetric, RolloutOutcome, RolloutSide, TestEvidence } from './rollout.js';
import { FRESH, SequentialTest } from './sequential-test.js';

/** Values of the old model that a reference is made of. Meanwhile nothing is tested by it. */
const GATHERED = 100;

/** Of them: a latency is slow above the first, and costs count up to the second. */
const SLOW = 0.9;
const DEAREST = 0.99;

export const noEvidence = (metric: RolloutMetric): TestEvidence => ({
  ...FRESH,
  metric,
  reference: metric === 'latency' || metric === 'cost' ? { kind: 'gathering', values: [] } : undefined,
});

/**
 * Whether one metric is worse on the new side. A latency is bad above the old model's p90, which assumes nothing of tails;
 * a cost counts as its share of the old model's p99 and no more than that: what is dearer still is not seen, so that one
 * absurd bill decides nothing. Margins of both are factors, which the values of the new side are divided by.
 */
export class MetricTest {
  readonly metric: RolloutMetric;
  readonly #test: SequentialTest;
  readonly #guard: RolloutGuard;
  readonly #alarmAt: number;
  #reference: Reference | undefined;

  /** @param alarmAt the wealth from which on nothing is added any more: it was an alarm, whoever looks, and when */
  constructor(evidence: TestEvidence, guard: RolloutGuard, alarmAt: number) {
    this.metric = evidence.metric;
    this.#test = new SequentialTest(evidence, pointsOf(evidence.metric, guard));
    this.#guard = guard;
    this.#alarmAt = alarmAt;
    this.#reference = evidence.reference;
  }

  addOutcome({ side, latencyMs, costUsd, failed }: RolloutOutcome): void {
    switch (this.metric) {
      case 'reward':
        return;
      case 'error':
        return this.#add(side, failed ? 1 : 0);
      case 'latency': {
        const { latencyMargin = 0 } = this.#guard;
        const value = side === 'new' ? latencyMs / (1 + latencyMargin) : latencyMs;
        const reference = this.#measureBy(side, value, SLOW);
        return reference === undefined ? undefined : this.#add(side, value > reference ? 1 : 0);
      }
      case 'cost': {
        const { costMargin = 0 } = this.#guard;
        const value = side === 'new' ? costUsd / (1 + costMargin) : costUsd;
        const reference = this.#measureBy(side, value, DEAREST);
        return reference === undefined ? undefined : this.#add(side, shareOf(value, reference));
      }
      default:
        return this.metric satisfies never;
    }
  }

  /** @param reward in [0, 1] */
  addReward(side: RolloutSide, reward: number): void {
    if (this.metric === 'reward') this.#add(side, 1 - reward);
  }

  evidence(): TestEvidence {
    return { ...this.#test.state(), metric: this.metric, reference: this.#reference };
  }

  #add(side: RolloutSide, badness: number): void {
    if (this.#test.wealth < this.#alarmAt) this.#test.add(side, badness);
  }

  /** Undefined while the reference is gathered; the new model's values are left out then, of which a canary has few. */
  #measureBy(side: RolloutSide, value: number, quantile: number): number | undefined {
    if (this.#reference?.kind === 'fixed') return this.#reference.value;
    if (side === 'new') return undefined;
    const values = [...(this.#reference?.values ?? []), value];
    this.#reference = values.length < GATHERED ? { kind: 'gathering', values } : fixed(values, quantile);
    return undefined;
  }
}

/** Points that are no regression; where the margin is a factor, none are. */
function pointsOf(metric: RolloutMetric, guard: RolloutGuard): number {
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

/** In [0, 1]. After a model that costs nothing, every cost is a whole one. */
function shareOf(cost: number, dearest: number): number {
  if (cost === 0) return 0;
  return cost >= dearest ? 1 : cost / dearest;
}

function fixed(values: readonly number[], quantile: number): Reference {
  const sorted = values.toSorted((a, b) => a - b);
  return { kind: 'fixed', value: sorted[Math.ceil(quantile * sorted.length) - 1]! };
}
