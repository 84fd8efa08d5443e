import type { Route } from '../../ports/deployment.js';
import { addOutcomes, addRewards } from '../rollout/add-outcomes.js';
import { auditSharesOf, holdOf } from '../rollout/hold.js';
import {
  isUnderWay,
  type Rollout,
  type RolloutOutcome,
  type RolloutReward,
  type RolloutSide,
} from '../rollout/rollout.js';

type News =
  | { readonly model: string; readonly outcome: Omit<RolloutOutcome, 'side' | 'reward'> }
  | { readonly model: string; readonly reward: Omit<RolloutReward, 'side'> };

/** What came in for rollouts under way since they were last looked at, in order. */
export class RolloutNews {
  #running: readonly Rollout[] = [];
  #news: News[] = [];

  /** Those that want to hear. */
  watch(rollouts: readonly Rollout[]): void {
    this.#running = rollouts.filter(isUnderWay);
  }

  outcome(model: string, outcome: Omit<RolloutOutcome, 'side' | 'reward'>): void {
    if (this.#concerns(model)) this.#news.push({ model, outcome });
  }

  reward(model: string, reward: Omit<RolloutReward, 'side'>): void {
    if (this.#concerns(model)) this.#news.push({ model, reward });
  }

  /** With which probability an answer is looked at, so that both sides of a rollout have about as many labels. */
  auditShareOf({ model, shares }: Route, auditShare: number): number {
    const rollout = this.#running.find((each) => sideOf(each, model) !== undefined);
    const side = rollout && sideOf(rollout, model);
    if (!rollout || !side) return auditShare;
    // Of a request whose key decides, shares are 0 and 1: how many there are on either side the step knows.
    const isByKey = rollout.unit === 'key';
    const newShare = isByKey ? holdOf(rollout).least : (shares[rollout.model] ?? 0);
    const oldShare = isByKey ? 1 - newShare : (shares[rollout.instead] ?? 0);
    return auditSharesOf({ auditShare, newShare, oldShare })[side];
  }

  /** The rollout with all that concerns it. */
  addTo(rollouts: readonly Rollout[]): readonly Rollout[] {
    const news = this.#news;
    this.#news = [];
    if (news.length === 0) return rollouts;
    return rollouts.map((rollout) => news.reduce(add, rollout));
  }

  #concerns(model: string): boolean {
    return this.#running.some((rollout) => sideOf(rollout, model) !== undefined);
  }
}

function add(rollout: Rollout, news: News): Rollout {
  const side = sideOf(rollout, news.model);
  if (!side) return rollout;
  return 'outcome' in news
    ? addOutcomes(rollout, [{ side, reward: undefined, ...news.outcome }])
    : addRewards(rollout, [{ side, ...news.reward }]);
}

const sideOf = ({ model, instead }: Rollout, of: string): RolloutSide | undefined =>
  of === model ? 'new' : of === instead ? 'old' : undefined;
