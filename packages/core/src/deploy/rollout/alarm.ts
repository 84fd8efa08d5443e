import type { Rollout, RolloutMetric, TestEvidence } from './rollout.js';

/**
 * How the risk of a rollback without a cause is divided. Rewards get most of it: labels are few, while latency, cost and
 * errors are known of every request, so that a stricter test of them costs some minutes.
 */
const RISK: Readonly<Record<RolloutMetric, number>> = { reward: 17, latency: 1, cost: 1, error: 1 };

/** Wealth at which a test takes the rollout back: all of them together do so without a cause with P <= alpha. */
export function alarmAt(metric: RolloutMetric, { guard, evidence }: Pick<Rollout, 'guard' | 'evidence'>): number {
  const all = evidence.reduce((sum, test) => sum + RISK[test.metric], 0);
  return all / (guard.alpha * RISK[metric]);
}

export function isAlarm(test: TestEvidence, rollout: Pick<Rollout, 'guard' | 'evidence'>): boolean {
  return test.wealth >= alarmAt(test.metric, rollout);
}
