import type { ArmSums } from './arm-sums.js';
import { dot, factorise, multiplyPacked, packedLength, solveFactored, type Packed } from './cholesky.js';

/** Weights of features for the shift of the reward and of the relative cost, and where they are 0. */
export interface ShiftWeights {
  readonly reward: Float64Array;
  readonly cost: Float64Array;
  readonly rewardOffset: number;
  readonly costOffset: number;
}

export const noShifts = (features: number): ShiftWeights => ({
  reward: new Float64Array(features),
  cost: new Float64Array(features),
  rewardOffset: 0,
  costOffset: 0,
});

/** Sums about the means, in effective rows. */
interface Centred {
  readonly outer: Packed;
  readonly reward: Float64Array;
  readonly cost: Float64Array;
}

/**
 * Ridge regression in two steps, from sums: what all arms share, by the rows of all of them, and then what each arm has beside
 * it, by its own rows. The second is what routing needs, and an arm of few rows has little of it.
 */
export class ShiftSolver {
  readonly #features: number;
  readonly #prior: Packed | undefined;
  #last: { readonly system: Packed; readonly factor: Packed } | undefined;

  /** @param prior precision of the weights for a strength of 1; the identity without it */
  constructor(features: number, prior: Packed | undefined) {
    this.#features = features;
    this.#prior = prior;
  }

  /** Shared weights, without offsets: those are the arms'. */
  common(arms: readonly ArmSums[], strength: number): ShiftWeights {
    const weights = noShifts(this.#features);
    const outer = new Float64Array(packedLength(this.#features));
    for (const sums of arms) {
      const centred = this.#centred(sums);
      if (!centred) continue;
      addTo(outer, centred.outer);
      addTo(weights.reward, centred.reward);
      addTo(weights.cost, centred.cost);
    }
    this.#solve(outer, strength, weights);
    return weights;
  }

  /** Shared and own weights of an arm together. */
  arm(sums: ArmSums, common: ShiftWeights, strength: number): ShiftWeights {
    const weights = noShifts(this.#features);
    const centred = this.#centred(sums);
    if (centred) {
      const explained = new Float64Array(this.#features);
      for (const target of ['reward', 'cost'] as const) {
        multiplyPacked(centred.outer, common[target], explained);
        for (let i = 0; i < this.#features; i++) weights[target][i] = centred[target][i]! - explained[i]!;
      }
      this.#solve(centred.outer, strength, weights);
    }
    addTo(weights.reward, common.reward);
    addTo(weights.cost, common.cost);
    return this.shared(sums, weights);
  }

  /** Weights with the offsets of an arm: its shifts are 0 on average of its rows. */
  shared({ weight, features }: ArmSums, { reward, cost }: ShiftWeights): ShiftWeights {
    if (!(weight > 0)) return noShifts(this.#features);
    return {
      reward,
      cost,
      rewardOffset: -dot(features, 0, reward, 0, features.length) / weight,
      costOffset: -dot(features, 0, cost, 0, features.length) / weight,
    };
  }

  #centred({ weight, effectiveRows, reward, cost, features, outer, ...sums }: ArmSums): Centred | undefined {
    if (!(effectiveRows >= 2)) return undefined;
    const scale = effectiveRows / weight;
    const out = new Float64Array(outer.length);
    for (let i = 0, at = 0; i < features.length; i++) {
      const mean = features[i]! / weight;
      for (let j = 0; j <= i; j++, at++) out[at] = scale * (outer[at]! - mean * features[j]!);
    }
    const about = (products: Float64Array, mean: number, unit: number): Float64Array =>
      products.map((product, i) => (scale * (product - mean * features[i]!)) / unit);
    // Costs are relative to the arm's mean; an arm that costs nothing has no more to learn about it.
    const meanCost = cost / weight;
    return {
      outer: out,
      reward: about(sums.rewardFeatures, reward / weight, 1),
      cost: about(sums.costFeatures, meanCost, meanCost > 0 ? meanCost : Infinity),
    };
  }

  /** (outer + strength * prior) x = right, for both; all 0 where that has no answer. @param outer is used up */
  #solve(outer: Packed, strength: number, right: Pick<ShiftWeights, 'reward' | 'cost'>): void {
    if (this.#prior) for (let at = 0; at < outer.length; at++) outer[at]! += strength * this.#prior[at]!;
    else for (let i = 0; i < this.#features; i++) outer[packedLength(i + 1) - 1]! += strength;
    const factor = this.#factorOf(outer);
    if (factor) {
      solveFactored(factor, right.reward);
      solveFactored(factor, right.cost);
    } else {
      right.reward.fill(0);
      right.cost.fill(0);
    }
  }

  /** Arms that were asked about the same requests have the same system, which takes longer than all the rest. */
  #factorOf(system: Packed): Packed | undefined {
    const last = this.#last;
    if (last && areSame(system, last.system)) return last.factor;
    const factor = system.slice();
    if (!factorise(factor, this.#features)) return undefined;
    this.#last = { system, factor };
    return factor;
  }
}

function addTo(into: Float64Array, from: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += from[i]!;
}

function areSame(a: Packed, b: Packed): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
