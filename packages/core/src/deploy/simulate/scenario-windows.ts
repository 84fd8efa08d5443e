import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { mean } from './columns.js';
import { requireFactor, requireScenario } from './require-scenario.js';
import type { RewardTable } from './reward-table.js';
import type { Scenario, ScenarioEvent } from './scenario.js';

/** A window of a scenario, and the table as it is during it. */
export interface ScenarioWindow {
  readonly index: number;
  readonly requests: number;
  /** Numbers of the arms that are present, ascending. The same list as before where nobody has come or left. */
  readonly available: readonly number[];
  /** [arms][rows], with shifts and prices applied. Columns that nothing has changed are those of the table. */
  readonly rewards: readonly Float64Array[];
  readonly costs: readonly Float64Array[];
  /** By arm, over all rows. */
  readonly meanReward: Float64Array;
  readonly meanCost: Float64Array;
}

/**
 * Plays the events of a scenario: shifts add up, and factors of a price multiply.
 * @throws InvalidRequestError for a scenario that does not make sense, or a window without an arm
 */
export function windowsOf(table: RewardTable, scenario: Scenario): readonly ScenarioWindow[] {
  requireScenario(table, scenario);
  const { windows, requests, events } = scenario;
  const arms = table.arms.length;
  const present = Array.from({ length: arms }, (_, arm) => isThereFromTheStart(arm, events));
  const shift = new Float64Array(arms);
  const factor = new Float64Array(arms).fill(1);
  let available = whoIsThere();
  let { rewards, costs } = table;
  let meanReward = Float64Array.from(rewards, mean);
  let meanCost = Float64Array.from(costs, mean);
  return Array.from({ length: windows }, (_, index) => {
    for (const event of events) if (event.window === index) play(event);
    if (available.length === 0) throw nobodyThere(index);
    return {
      index,
      requests: Math.floor(((index + 1) * requests) / windows) - Math.floor((index * requests) / windows),
      available,
      rewards,
      costs,
      meanReward,
      meanCost,
    };
  });

  function whoIsThere(): readonly number[] {
    return present.flatMap((there, arm) => (there ? [arm] : []));
  }

  function play(event: ScenarioEvent): void {
    const { kind, arm } = event;
    switch (kind) {
      case 'arrival':
        present[arm] = true;
        available = whoIsThere();
        break;
      case 'departure':
        present[arm] = false;
        available = whoIsThere();
        break;
      case 'price':
        factor[arm]! *= event.factor;
        requireFactor(factor[arm]!);
        costs = costs.with(
          arm,
          table.costs[arm]!.map((cost) => cost * factor[arm]!),
        );
        meanCost = meanCost.with(arm, mean(costs[arm]!));
        break;
      case 'quality':
        shift[arm]! += event.shift;
        rewards = rewards.with(
          arm,
          table.rewards[arm]!.map((reward) => Math.min(1, Math.max(0, reward + shift[arm]!))),
        );
        meanReward = meanReward.with(arm, mean(rewards[arm]!));
        break;
      default:
        kind satisfies never;
    }
  }
}

/** Whoever arrives first of all is not there before. */
function isThereFromTheStart(arm: number, events: readonly ScenarioEvent[]): boolean {
  const [first] = events
    .filter((event) => event.arm === arm && (event.kind === 'arrival' || event.kind === 'departure'))
    .toSorted((a, b) => a.window - b.window);
  return first?.kind !== 'arrival';
}

const nobodyThere = (window: number): InvalidRequestError =>
  new InvalidRequestError({
    message: `No model is there in window ${window}.`,
    hint: 'Let a model arrive earlier, or another one leave later; windows count from 0.',
    facts: { window },
  });
