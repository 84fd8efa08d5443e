import { ArmSums } from './arm-sums.js';
import { dot, type Packed } from './cholesky.js';
import type { ContextModel, ContextWeights, LoggedChoice, Strengths } from './context-model.js';
import { requireChoice, weightOf } from './logged-choice.js';
import { encodeFloats } from './float-text.js';
import { noShifts, ShiftSolver, type ShiftWeights } from './shift-solver.js';

/** For rows that come one by one, of one arm each: cross-validation chooses less for a batch of all of them, and as much here. */
const DEFAULT_STRENGTHS: Strengths = { common: 6, own: 24 };
/** More than so many times its mean a request is not foreseen to cost, nor so much less. */
const MOST_FACTOR = 10;
/** Sums are solved anew when so many rows, and this share of all, are new. */
const NEW_ROWS = 20;
const NEW_SHARE = 0.1;

export interface ContextModelSettings {
  readonly features: number;
  /** Ids of the deployed models, by arm. */
  readonly arms: readonly string[];
  /** Of weights for a strength of 1, [features (features + 1) / 2]: `LandmarkMap.prior`. The identity without it. */
  readonly prior?: Packed | undefined;
  readonly strengths?: Strengths | undefined;
  /** What a row counts after each further one of its arm, in (0, 1]; 1 where nothing changes. */
  readonly forgetting?: number | undefined;
  /** What each arm has seen before. */
  readonly sums?: readonly ArmSums[] | undefined;
}

/**
 * Ridge regression of rewards and relative costs, by arm, fed with rows one by one. Rows count by 1 / propensity (at most 50),
 * so that a log in which an arm was asked about easy requests only does not tell that it is good.
 */
export function createContextModel(settings: ContextModelSettings): ContextModel {
  return new RidgeModel(settings);
}

class RidgeModel implements ContextModel {
  readonly features: number;
  readonly #ids: string[];
  readonly #prior: Packed | undefined;
  readonly #strengths: Strengths;
  readonly #forgetting: number;
  readonly #sums: ArmSums[];
  readonly #solver: ShiftSolver;
  /** What the rows since the last fade are worth, by arm: sums fade when they are solved, and a row counts more instead. */
  readonly #growth: number[];
  /** Rows since an arm was solved, and in all. */
  readonly #fresh: number[];
  readonly #seen: number[];
  readonly #shifts: ShiftWeights[];
  #common: ShiftWeights;
  #freshInAll = 0;
  readonly #scratch: Float64Array;

  constructor({ features, arms, prior, strengths, forgetting, sums }: ContextModelSettings) {
    this.features = features;
    this.#scratch = new Float64Array(features);
    this.#ids = [...arms];
    this.#prior = prior;
    this.#strengths = strengths ?? DEFAULT_STRENGTHS;
    this.#forgetting = forgetting ?? 1;
    if (!(this.#forgetting > 0 && this.#forgetting <= 1))
      throw new RangeError(`forgetting lies in (0, 1], not ${forgetting}`);
    this.#sums = arms.map((_, arm) => sums?.[arm] ?? new ArmSums(features));
    this.#solver = new ShiftSolver(features, prior);
    this.#growth = arms.map(() => 1);
    this.#fresh = arms.map(() => 0);
    this.#seen = this.#sums.map(({ effectiveRows }) => Math.round(effectiveRows));
    this.#common = this.#solver.common(this.#sums, this.#strengths.common);
    this.#shifts = this.#sums.map((own) => this.#solver.arm(own, this.#common, this.#strengths.own));
  }

  get arms(): number {
    return this.#ids.length;
  }

  addArm(id: string): number {
    this.#sums.push(new ArmSums(this.features));
    this.#growth.push(1);
    this.#fresh.push(0);
    this.#seen.push(0);
    this.#shifts.push(noShifts(this.features));
    return this.#ids.push(id) - 1;
  }

  predict(given: Float32Array, shifts: Float64Array, factors: Float64Array): void {
    const features = this.#scratch;
    features.set(given);
    for (let arm = 0; arm < this.#shifts.length; arm++) {
      const { reward, cost, rewardOffset, costOffset } = this.#shifts[arm]!;
      const shift = rewardOffset + dot(reward, 0, features, 0, reward.length);
      const factor = 1 + costOffset + dot(cost, 0, features, 0, cost.length);
      // Features that are not finite say nothing.
      shifts[arm] = Number.isFinite(shift) ? Math.max(-1, Math.min(1, shift)) : 0;
      factors[arm] = Number.isFinite(factor) ? Math.max(1 / MOST_FACTOR, Math.min(MOST_FACTOR, factor)) : 1;
    }
  }

  learn(choice: LoggedChoice): void {
    requireChoice(choice, this.features, this.arms);
    const { features, arm, reward, cost } = choice;
    const sums = this.#sums[arm]!;
    if (this.#forgetting < 1) this.#growth[arm]! /= this.#forgetting;
    sums.add(features, reward, cost, weightOf(choice) * this.#growth[arm]!);
    this.#freshInAll++;
    this.#seen[arm]!++;
    if (this.#isDue(++this.#fresh[arm]!, this.#seen[arm]!)) this.#solve(arm);
  }

  weights(embedding: string): ContextWeights {
    const tensors: Record<string, string> = {};
    if (this.#prior) tensors['prior'] = encodeFloats(this.#prior);
    for (let arm = 0; arm < this.arms; arm++) {
      this.#fade(arm);
      tensors[`arm${arm}`] = encodeFloats(this.#sums[arm]!.values());
    }
    return {
      format: 1,
      embedding,
      features: this.features,
      strengths: this.#strengths,
      forgetting: this.#forgetting,
      arms: [...this.#ids],
      tensors,
    };
  }

  /** Sums as they count now: that is all that is kept, and takes a fraction of what solving them does. */
  #fade(arm: number): void {
    const growth = this.#growth[arm]!;
    if (growth > 1) this.#sums[arm]!.fade(1 / growth);
    this.#growth[arm] = 1;
  }

  #solve(arm: number): void {
    this.#fade(arm);
    this.#fresh[arm] = 0;
    const seen = this.#seen.reduce((sum, rows) => sum + rows, 0);
    if (this.#isDue(this.#freshInAll, seen)) {
      this.#common = this.#solver.common(this.#sums, this.#strengths.common);
      this.#freshInAll = 0;
    }
    this.#shifts[arm] = this.#solver.arm(this.#sums[arm]!, this.#common, this.#strengths.own);
  }

  #isDue(fresh: number, seen: number): boolean {
    const remembered = 1 / (1 - this.#forgetting);
    return fresh >= Math.max(NEW_ROWS, NEW_SHARE * Math.min(seen, remembered));
  }
}
