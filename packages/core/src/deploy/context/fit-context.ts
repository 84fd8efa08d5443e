import type { Random } from '../../ports/random.js';
import { createShareSolver } from '../route/create-share-solver.js';
import { ArmSums } from './arm-sums.js';
import type { Packed } from './cholesky.js';
import type { ContextModel, LoggedChoice, Strengths } from './context-model.js';
import { createContextModel } from './create-context-model.js';
import { requireChoice, weightOf } from './logged-choice.js';
import { ShiftSolver, type ShiftWeights } from './shift-solver.js';

export interface ContextLog {
  /** Those of one request lie one after the other. */
  readonly choices: readonly LoggedChoice[];
  readonly features: number;
  /** Ids of the deployed models, by arm. */
  readonly arms: readonly string[];
  readonly prior?: Packed | undefined;
  /** Of folds. */
  readonly random: Random;
}

export interface FittedContext {
  readonly model: ContextModel;
  /** Those with the least error on requests that were left out. */
  readonly strengths: Strengths;
}

const FOLDS = 5;
/** Far enough apart to be told apart by a few hundred rows; the last all but forbids shifts. */
const STRENGTHS = [2, 6, 18, 1000] as const;
/** Budgets at which arms are looked at, evenly from the cheapest arm's mean cost to the dearest's. */
const BUDGETS = 20;

/**
 * A model of a whole log, its strengths chosen by cross-validation over requests: first what arms have in common, then what each
 * has for itself. Errors of an arm count by how much of the traffic it would have at some budget: that an arm which nothing is
 * routed to can be foreseen well is of no use.
 * @throws RangeError for numbers that are none
 */
export function fitContext({ choices, features, arms, prior, random }: ContextLog): FittedContext {
  const sums = arms.map(() => new ArmSums(features));
  const folds = foldsOf(choices, random);
  const inFold = Array.from({ length: FOLDS }, () => arms.map(() => new ArmSums(features)));
  for (const choice of choices) {
    requireChoice(choice, features, arms.length);
    const { arm, reward, cost } = choice;
    inFold[folds.get(choice.features)!]![arm]!.add(choice.features, reward, cost, weightOf(choice));
  }
  for (const fold of inFold) for (const [arm, own] of fold.entries()) sums[arm]!.merge(own, 1);
  const solver = new ShiftSolver(features, prior);
  const relevance = relevanceOf(sums);
  const errors = (counted: 'levels' | 'gaps', foldOf: () => (strength: number) => ShiftWeights[]): number[] => {
    const total = STRENGTHS.map(() => 0);
    for (const [fold, own] of inFold.entries()) {
      for (const [arm, part] of own.entries()) sums[arm]!.merge(part, -1);
      const shiftsOf = foldOf();
      const held = choices.filter(({ features: request }) => folds.get(request) === fold);
      for (const [i, strength] of STRENGTHS.entries())
        total[i]! += errorOf(held, sums, relevance, shiftsOf(strength), counted);
      for (const [arm, part] of own.entries()) sums[arm]!.merge(part, 1);
    }
    return total;
  };
  const common = bestOf(
    errors('levels', () => (strength) => {
      const shared = solver.common(sums, strength);
      return sums.map((arm) => solver.shared(arm, shared));
    }),
  );
  const own = bestOf(
    errors('gaps', () => {
      const shared = solver.common(sums, common);
      return (strength) => sums.map((arm) => solver.arm(arm, shared, strength));
    }),
  );
  const strengths = { common, own };
  return { model: createContextModel({ features, arms, prior, strengths, sums }), strengths };
}

/** A fold for each request. */
function foldsOf(choices: readonly LoggedChoice[], random: Random): Map<Float32Array, number> {
  const folds = new Map<Float32Array, number>();
  for (const { features } of choices) if (!folds.has(features)) folds.set(features, Math.floor(random() * FOLDS));
  return folds;
}

const bestOf = (errors: readonly number[]): number => {
  let best = 0;
  for (const [i, error] of errors.entries()) if (error < errors[best]!) best = i;
  return STRENGTHS[best]!;
};

/** Mean share of each arm in the best mixes at all budgets. */
function relevanceOf(sums: readonly ArmSums[]): Float64Array {
  const seen = sums.map(({ weight }) => weight > 0);
  const reward = Float64Array.from(sums, (own, arm) => (seen[arm] ? own.reward / own.weight : 0));
  const cost = Float64Array.from(sums, (own, arm) => (seen[arm] ? own.cost / own.weight : 0));
  const [least, most] = [new Float64Array(sums.length), Float64Array.from(seen, Number)];
  const [cheapest, dearest] = [Math.min(...cost), Math.max(...cost)];
  const [shares, relevance] = [new Float64Array(sums.length), new Float64Array(sums.length)];
  const solver = createShareSolver(sums.length);
  if (!seen.includes(true)) return relevance;
  for (let step = 0; step < BUDGETS; step++) {
    const budget = cheapest + ((step + 0.5) / BUDGETS) * (dearest - cheapest);
    solver.solve({ reward, cost, least, most, budget }, shares);
    for (let arm = 0; arm < shares.length; arm++) relevance[arm]! += shares[arm]! / BUDGETS;
  }
  return relevance;
}

/**
 * Of requests of which several arms are known only the gaps between these count, as in routing: what is hard for all of them
 * would be fitted once more by each for itself.
 */
function errorOf(
  held: readonly LoggedChoice[],
  sums: readonly ArmSums[],
  relevance: Float64Array,
  shifts: readonly ShiftWeights[],
  counted: 'levels' | 'gaps',
): number {
  let error = 0;
  // Of the request under way: sums of weights, of errors and of squared errors.
  let [weights, first, second] = [0, 0, 0];
  let arms = 0;
  const close = (): void => {
    error += counted === 'gaps' && arms > 1 && weights > 0 ? second - (first * first) / weights : second;
    [weights, first, second, arms] = [0, 0, 0, 0];
  };
  for (const [i, choice] of held.entries()) {
    const { features, arm, reward } = choice;
    if (i > 0 && held[i - 1]!.features !== features) close();
    const { weight, reward: total } = sums[arm]!;
    const off = reward - total / Math.max(weight, Number.MIN_VALUE) - shiftOf(shifts[arm]!, features);
    const counts = relevance[arm]! * weightOf(choice);
    weights += counts;
    first += counts * off;
    second += counts * off * off;
    arms++;
  }
  close();
  return error;
}

function shiftOf({ reward, rewardOffset }: ShiftWeights, features: Float32Array): number {
  let shift = rewardOffset;
  for (let i = 0; i < reward.length; i++) shift += reward[i]! * features[i]!;
  return shift;
}
