import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { deployablesOf, type Deployable, type DeployableInput } from './deployable.js';
import type { FrontierPoint, FrontierReport } from './frontier.js';
import type { Machine } from './machine.js';
import { alone, bestMix, cheapestMix, loadOf, type Mix } from './mixes.js';

export interface FrontierInput extends DeployableInput {
  readonly machines: readonly Machine[];
  /** For a month, above 0. */
  readonly budgetUsd: number;
  /** Above 0. */
  readonly requestsPerMonth: number;
  /** In [0, 1]: the cheapest that has it is chosen; without it the most accurate one. */
  readonly minAccuracy?: number | undefined;
}

/** Budgets between the cheapest and the dearest calls of a machine at which its best mix is shown. */
const BUDGETS = 8;

/**
 * What each machine would answer how well for how much a month: every tier and ladder that it can run or ask by itself, and
 * the best mix of two at several budgets.
 * @throws NoTierFitsError where nothing runs anywhere, InfeasibleBudgetError with the smallest feasible budget where nothing
 *   is within it, CalibrationMismatchError, InvalidRequestError
 */
export function frontierOf(input: FrontierInput): FrontierReport {
  const { machines, budgetUsd, requestsPerMonth, minAccuracy = 0 } = input;
  const rejected: FrontierReport['rejected'][number][] = [];
  const bases = new Set<string>();
  const found: Point[] = [];
  for (const machine of machines) {
    const { deployables, rejected: its } = deployablesOf(machine, input);
    rejected.push(...its);
    for (const { basis } of deployables) bases.add(basis);
    for (const each of deployables) {
      const load = loadOf(each, requestsPerMonth);
      if (load > 1)
        rejected.push({ hardware: machine.name, model: each.name, reason: tooBusy(load, requestsPerMonth) });
    }
    found.push(...pointsOf(machine, deployables, input));
  }
  if (found.length === 0) throw nothingRuns(rejected);
  const points = found
    .map((point): FrontierPoint => ({ ...point, onFrontier: isOnFrontier(point, found) }))
    .toSorted((a, b) => a.monthlyUsd - b.monthlyUsd || b.accuracy - a.accuracy);
  const within = points.filter(({ withinBudget }) => withinBudget);
  if (within.length === 0) throw tooLittle(points[0]!, input);
  const good = within.filter(({ accuracy }) => accuracy >= minAccuracy);
  // Points come by cost: of two that are as good the first is the cheaper one.
  const chosen = minAccuracy > 0 ? good[0] : good.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  return { budgetUsd, requestsPerMonth, basis: [...bases].join(', '), points, chosen, rejected };
}

type Point = Omit<FrontierPoint, 'onFrontier'>;

function pointsOf(machine: Machine, deployables: readonly Deployable[], input: FrontierInput): Point[] {
  const { budgetUsd, requestsPerMonth, minAccuracy = 0 } = input;
  const left = (budgetUsd - machine.monthlyUsd) / requestsPerMonth;
  const costs = deployables.map(({ costUsd }) => costUsd);
  const [least, most] = [Math.min(...costs), Math.max(...costs)];
  const between = Array.from({ length: BUDGETS }, (_, step) => least + ((most - least) * (step + 1)) / BUDGETS);
  const budgets = [...new Set([...between, ...(left >= 0 ? [left] : [])])];
  const mixes = budgets.flatMap((costUsd) => bestMix(deployables, { machine, requestsPerMonth, costUsd }) ?? []);
  const enough = minAccuracy > 0 ? cheapestMix(deployables, { machine, requestsPerMonth, minAccuracy }) : undefined;
  const all = [...alone(deployables, requestsPerMonth), ...mixes, ...(enough ? [enough] : [])].map((mix) =>
    pointOf(mix, machine, input),
  );
  return [...new Map(all.map((point) => [JSON.stringify(point.mix), point])).values()];
}

function pointOf(
  { parts, accuracy, costUsd }: Mix,
  machine: Machine,
  { budgetUsd, requestsPerMonth }: FrontierInput,
): Point {
  const monthlyUsd = machine.monthlyUsd + requestsPerMonth * costUsd;
  const shown = parts.filter(({ share }) => share > 0.05);
  return {
    hardware: machine.name,
    mix: Object.fromEntries(parts.map(({ deployable, share }) => [deployable.name, share])),
    monthlyUsd,
    accuracy,
    p95Ms: Math.max(...shown.map(({ deployable }) => deployable.p95Ms)),
    // What was computed from the budget may be a rounding over it.
    withinBudget: monthlyUsd <= budgetUsd * (1 + 1e-9),
  };
}

const isOnFrontier = (point: Point, all: readonly Point[]): boolean =>
  !all.some(
    ({ monthlyUsd, accuracy }) =>
      monthlyUsd <= point.monthlyUsd &&
      accuracy >= point.accuracy &&
      (monthlyUsd < point.monthlyUsd || accuracy > point.accuracy),
  );

const tooBusy = (load: number, requestsPerMonth: number): string =>
  `it has time for about ${Math.floor(requestsPerMonth / load).toLocaleString('en')} requests a month`;

function nothingRuns(rejected: FrontierReport['rejected']): NoTierFitsError {
  const reasons = rejected.map(({ hardware, model, reason }) => `${hardware}, ${model}: ${reason}`);
  return new NoTierFitsError({
    message: `No machine can answer these requests. ${reasons.join('; ')}.`,
    hint: 'Add a larger machine, plan for fewer requests, calibrate the domain, or allow a further placement.',
    facts: { rejected: rejected.length },
  });
}

function tooLittle(
  { monthlyUsd, hardware }: FrontierPoint,
  { budgetUsd, machines }: FrontierInput,
): InfeasibleBudgetError {
  const smallest = Math.ceil(monthlyUsd * 100) / 100;
  return new InfeasibleBudgetError({
    message: `A budget of US$ ${Number(budgetUsd.toPrecision(6))} a month is below what the cheapest deployment costs, US$ ${smallest} (${hardware}).`,
    hint: `Give at least ${smallest}/month, or a machine that costs less.`,
    facts: { budgetUsd, smallestFeasible: monthlyUsd, machines: machines.length },
  });
}
