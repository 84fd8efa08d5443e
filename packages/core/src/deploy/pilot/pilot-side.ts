import type { ReviewedOutcome } from '../../ports/ledger.js';
import type { RewardRecord } from '../rewards/reward-record.js';
import { Distribution } from './distribution.js';

/** Labels of answers, each with a weight. */
export interface LabelSums {
  readonly n: number;
  readonly weight: number;
  readonly weightSquares: number;
  /** Weight of those that were right. */
  readonly right: number;
}

/** One side of a comparison, added up; what it keeps does not grow with the ledger. */
export class PilotSide {
  readonly costUsd = new Distribution();
  readonly energyJoules = new Distribution();
  /** Of requests with an answer. */
  readonly latencyMs = new Distribution();
  #requests = 0;
  #failed = 0;
  #leftDevice = 0;
  #looked: LabelSums = NO_LABELS;
  #said: LabelSums = NO_LABELS;

  /** @param looks what checks and audits found out about it */
  add({ outcome, feedback }: ReviewedOutcome, looks: readonly RewardRecord[]): void {
    this.#requests++;
    this.costUsd.add(outcome.costUsd);
    this.energyJoules.add(outcome.energyJoules);
    if (outcome.sentBytes > 0) this.#leftDevice++;
    if (outcome.verdict === 'failed') this.#failed++;
    if (outcome.verdict === 'failed' || outcome.verdict === 'aborted') return;
    this.latencyMs.add(outcome.totalMs);
    // A check of every answer says more than an audit of one in many.
    const look = looks.find(({ source }) => source === 'check') ?? looks.find(({ source }) => source === 'audit');
    if (look) this.#looked = withLabel(this.#looked, look.reward, 1 / look.probability);
    if (feedback) this.#said = withLabel(this.#said, feedback.right ? 1 : 0, 1);
  }

  get requests(): number {
    return this.#requests;
  }

  get failed(): number {
    return this.#failed;
  }

  get leftDevice(): number {
    return this.#leftDevice;
  }

  labels(whose: 'audits' | 'feedback'): LabelSums {
    return whose === 'audits' ? this.#looked : this.#said;
  }
}

const NO_LABELS: LabelSums = { n: 0, weight: 0, weightSquares: 0, right: 0 };

const withLabel = ({ n, weight, weightSquares, right }: LabelSums, reward: number, added: number): LabelSums => ({
  n: n + 1,
  weight: weight + added,
  weightSquares: weightSquares + added ** 2,
  right: right + added * reward,
});
