import type { FeedbackRecord } from '../../ports/ledger.js';
import type { DeploymentSettings } from '../deployed-model.js';
import type { RewardRecord } from './reward-record.js';
import type { RoutedEnd } from './routed-outcome.js';

/** What a request says of the model it was routed to. */
export interface FairReward {
  /** In [0, 1]. */
  readonly reward: number;
  /** 1 / P(somebody looked). */
  readonly weight: number;
}

/** Everything that is known of one routed request. */
export interface Judged {
  readonly end: RoutedEnd;
  /** The last word of a person. */
  readonly feedback: Pick<FeedbackRecord, 'right'> | undefined;
  readonly records: readonly RewardRecord[];
}

/**
 * The one reward of a request, of whatever was found out about it; undefined where nothing fair was. Only looks whose
 * probability is known are a fair sample: feedback that some give and others do not counts only where everybody is asked.
 * A failure shows by itself, so that its probability is 1. Where nobody says what answers are worth, an answer is worth
 * that it came: models that fail are left, and all others told apart by their costs.
 */
export function rewardOf(
  { end, feedback, records }: Judged,
  settings: Pick<DeploymentSettings, 'feedback' | 'auditShare'>,
): FairReward | undefined {
  if (end === 'elsewhere') return undefined;
  if (end === 'failed') return { reward: 0, weight: 1 };
  if (!hasRewards(settings)) return { reward: 1, weight: 1 };
  const look = records.find(({ source }) => source === 'check') ?? records.find(({ source }) => source === 'audit');
  if (settings.feedback === 'all' && feedback) return { reward: feedback.right ? 1 : 0, weight: 1 };
  return look && { reward: look.reward, weight: 1 / look.probability };
}

/** Whether anything will say what answers are worth; otherwise models are told apart by their costs alone. */
export const hasRewards = ({ feedback, auditShare }: Pick<DeploymentSettings, 'feedback' | 'auditShare'>): boolean =>
  feedback === 'all' || auditShare > 0;
