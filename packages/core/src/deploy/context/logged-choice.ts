import type { LoggedChoice } from './context-model.js';

/** A rare choice counts as this many at most: one row must not decide. */
const MOST_WEIGHT = 50;

/** What a row counts: so many requests there were of its kind. */
export const weightOf = ({ propensity }: LoggedChoice): number => Math.min(MOST_WEIGHT, 1 / propensity);

/** @throws RangeError for numbers that are none */
export function requireChoice(choice: LoggedChoice, width: number, arms: number): void {
  const { features, arm, reward, cost, propensity } = choice;
  if (!(Number.isInteger(arm) && arm >= 0 && arm < arms)) throw new RangeError(`there is no arm ${arm}`);
  if (features.length !== width) throw new RangeError(`${features.length} features, not ${width}`);
  for (const value of features) if (!Number.isFinite(value)) throw new RangeError('features are finite numbers');
  if (!(reward >= 0 && reward <= 1)) throw new RangeError(`a reward lies in [0, 1], not ${reward}`);
  if (!(cost >= 0 && Number.isFinite(cost))) throw new RangeError(`a cost is at least 0, not ${cost}`);
  if (!(propensity > 0 && propensity <= 1)) throw new RangeError(`a propensity lies in (0, 1], not ${propensity}`);
}
