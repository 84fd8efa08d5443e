import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { NewArm, StageRouteSettings } from './stage-route.js';

/** @throws InvalidRequestError for settings that make no sense */
export function requireStageRoute(settings: StageRouteSettings): void {
  const { maxLive, budget, horizon, multiplier, delta, trialShare } = settings;
  demand('maxLive', maxLive, Number.isInteger(maxLive) && maxLive >= 1, 'a whole number, at least 1');
  demand('budget', budget, budget >= 0 && Number.isFinite(budget), 'at least 0');
  demand('horizon', horizon, horizon >= 1 && Number.isFinite(horizon), 'at least 1');
  demand('multiplier', multiplier, multiplier >= 0 && Number.isFinite(multiplier), 'at least 0');
  demand('delta', delta, delta > 0 && delta < 1, 'between 0 and 1');
  demand('trialShare', trialShare, trialShare >= 0 && trialShare <= 1, 'from 0 to 1');
}

function demand(name: string, value: number, isSound: boolean, range: string): void {
  if (isSound) return;
  throw new InvalidRequestError({
    message: `A deployment cannot have ${name} ${value}.`,
    hint: `Let ${name} be ${range}.`,
    facts: { [name]: value },
  });
}

/** @throws RangeError */
export function requireArm({ expectedCost, carries, fixedCost }: NewArm): void {
  if (!(carries > 0 && carries <= 1)) throw new RangeError(`an arm carries over 0, up to 1, not ${carries}`);
  if (!isAmount(fixedCost)) throw new RangeError(`a fixed cost is at least 0, not ${fixedCost}`);
  if (expectedCost !== undefined && !isAmount(expectedCost)) {
    throw new RangeError(`an expected cost is at least 0, not ${expectedCost}`);
  }
}

const isAmount = (value: number): boolean => value >= 0 && Number.isFinite(value);
