import type { RoutedAnswer } from '../../ports/deployment.js';
import type { FeedbackRecord, OutcomeRecord } from '../../ports/ledger.js';
import type { Random } from '../../ports/random.js';
import { energyOf } from '../../recommend/estimate.js';
import { costOf } from '../rewards/cost-of.js';
import type { RewardRecord } from '../rewards/reward-record.js';
import { hasRewards, rewardOf, type FairReward } from '../rewards/rewards-of.js';
import { routedEnd, routedTo } from '../rewards/routed-outcome.js';
import type { StageRoute } from '../stage-route.js';
import type { Arms } from './arms.js';
import type { ControllerPorts, RoutingContext } from './controller-ports.js';
import { FeedbackDrift } from './feedback-drift.js';
import { Remembered } from './remembered.js';
import type { RolloutNews } from './rollout-news.js';

/** Requests whose reward is known to count already. */
const REMEMBERED = 100_000;
/** Audits under way; further ones are left out, whatever the answer was, so that no mean is bent by it. */
const MOST_AUDITS = 16;
/** Feedback is looked for from a little before the last look on: clocks of processes differ. */
const OVERLAP_MS = 60_000;

interface AnswersPorts extends Pick<
  ControllerPorts,
  'settings' | 'store' | 'ledger' | 'auditor' | 'clock' | 'onFailure'
> {
  readonly random: Random;
  readonly arms: Arms;
  readonly stageRoute: () => StageRoute | undefined;
  readonly news: RolloutNews;
  /** Told of an arm whose rewards are others than they were. */
  readonly onChange: (arm: number) => void;
  readonly context: RoutingContext | undefined;
}

/** Learns what answers cost and what they were worth. */
export class Answers {
  readonly #ports: AnswersPorts;
  readonly #rewarded = new Remembered(REMEMBERED);
  readonly #drift = new FeedbackDrift();
  readonly #audits = new Set<Promise<void>>();
  #lookedWallMs: number;

  constructor(ports: AnswersPorts) {
    this.#ports = ports;
    this.#lookedWallMs = ports.clock.wallMs();
  }

  /** Their rewards count already. */
  remember(requestIds: readonly string[]): void {
    for (const id of requestIds) this.#rewarded.add(id);
  }

  take(answer: RoutedAnswer): void {
    const { settings, arms, stageRoute, news } = this.#ports;
    const { outcome, route } = answer;
    const arm = arms.numberOf(route.model);
    if (arm === undefined) return;
    const costUsd = costOf(outcome, settings().rates);
    const end = routedTo(outcome) === undefined ? 'elsewhere' : routedEnd(outcome, route.path);
    // It was paid for all the same.
    if (end === 'elsewhere') return stageRoute()?.spend(costUsd);
    stageRoute()?.cost(arm, costUsd);
    const failed = end === 'failed';
    news.outcome(route.model, { latencyMs: outcome.totalMs, costUsd, failed });
    const known = rewardOf({ end, feedback: undefined, records: [] }, settings());
    if (known) this.#count(outcome, known);
    else if (!failed) this.#mayAudit(answer);
  }

  /** What people have said since the last look: as rewards where everybody is asked, and otherwise whether it has changed. */
  async lookAtFeedback(): Promise<void> {
    const { settings, ledger, clock } = this.#ports;
    if (!hasRewards(settings())) return;
    const sinceWallMs = this.#lookedWallMs - OVERLAP_MS;
    const nowWallMs = clock.wallMs();
    for (const said of await ledger.feedback({ sinceWallMs, limit: 10_000 })) {
      if (settings().feedback === 'all') await this.#hear(said);
      else await this.#watch(said);
    }
    this.#lookedWallMs = nowWallMs;
  }

  /** Resolves when no audit is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#audits);
  }

  async #hear(said: FeedbackRecord): Promise<void> {
    if (this.#rewarded.has(said.requestId)) return;
    const about = await this.#about(said);
    const fair = about && rewardOf({ end: about.end, feedback: said, records: [] }, this.#ports.settings());
    if (fair) this.#count(about.outcome, fair);
  }

  /** What audits have found of an arm of which people say other things than before is found out anew. */
  async #watch(said: FeedbackRecord): Promise<void> {
    if (!this.#drift.isNew(said.requestId)) return;
    const about = await this.#about(said);
    if (about?.end !== 'answered' || !this.#drift.hear(about.arm, said.right)) return;
    this.#ports.arms.statistics.resetRewards(about.arm);
    this.#ports.onChange(about.arm);
  }

  /** The request that somebody has said something of; undefined where no model of this deployment was asked. */
  async #about({ requestId }: FeedbackRecord) {
    const { ledger, arms } = this.#ports;
    const outcome = await ledger.outcome(requestId);
    const arm = outcome && arms.numberOf(routedTo(outcome) ?? '');
    return outcome && arm !== undefined ? { outcome, arm, end: routedEnd(outcome, arms.models[arm]!.path) } : undefined;
  }

  #mayAudit(answer: RoutedAnswer): void {
    const { settings, random, news } = this.#ports;
    const { auditor, auditShare } = settings();
    const { route, label } = answer;
    if (auditor === undefined || label === undefined || auditShare <= 0) return;
    const probability = news.auditShareOf(route, auditShare);
    if (random() >= probability || this.#audits.size >= MOST_AUDITS) return;
    const audit = this.#audit(answer, auditor, probability).catch(this.#ports.onFailure);
    this.#audits.add(audit);
    void audit.then(() => this.#audits.delete(audit));
  }

  async #audit({ ask, route, outcome, label }: RoutedAnswer, tier: string, probability: number): Promise<void> {
    const { settings, auditor, store, clock, stageRoute } = this.#ports;
    let reward = 1;
    // A tier agrees with itself.
    if (outcome.path !== tier) {
      const found = await auditor(ask, tier);
      const { costUsd, runMs } = found;
      stageRoute()?.spend(costOf({ costUsd, energyJoules: energyOf(runMs) }, settings().rates));
      if (found.label === undefined) return;
      reward = found.label === label ? 1 : 0;
    }
    const { requestId } = outcome;
    const { model } = route;
    const record: RewardRecord = {
      requestId,
      source: 'audit',
      atWallMs: clock.wallMs(),
      model,
      reward,
      probability,
    };
    await store.addRewards([record]);
    this.#count(outcome, { reward, weight: 1 / probability });
  }

  #count(outcome: OutcomeRecord, { reward, weight }: FairReward): void {
    const { arms, stageRoute, news, context, settings } = this.#ports;
    const { requestId } = outcome;
    const model = routedTo(outcome)!;
    const arm = arms.numberOf(model);
    if (arm === undefined || !this.#rewarded.add(requestId)) return;
    stageRoute()?.reward(arm, reward, weight);
    // Statistics that notice a change forget what was before it.
    if (arms.statistics.rewards[arm] === 0) this.#ports.onChange(arm);
    news.reward(model, { value: reward, weight });
    const propensity = outcome.decisions[0]?.alternatives[model] ?? 1;
    context?.learn(requestId, model, reward, costOf(outcome, settings().rates), propensity);
  }
}
