import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { RewardTable } from './reward-table.js';
import type { Scenario, ScenarioEvent } from './scenario.js';

/** No price becomes a thousand times what it was: it is another unit. */
const MOST_FACTOR = 1000;
/** Each is planned, and its shares are kept. */
const MOST_WINDOWS = 10_000;

/** @throws InvalidRequestError naming the first thing that does not make sense */
export function requireScenario({ arms }: RewardTable, scenario: Scenario): void {
  const { windows, requests, events, settings, carries, fixedCost } = scenario;
  const { maxLive, budget, multiplier, delta, trialShare } = settings;
  const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
  const amount = (value: number): boolean => Number.isFinite(value) && value >= 0;
  require(whole(windows), 'there is at least 1 window, and a whole number of them');
  require(windows <= MOST_WINDOWS, `${windows} windows are more than ${MOST_WINDOWS}`);
  require(whole(requests), 'there is at least 1 request, and a whole number of them');
  require(windows <= requests, `${windows} windows of ${requests} requests: one would be empty`);
  require(whole(maxLive), 'at least 1 model may be live (--max-models)');
  require(amount(budget) && budget > 0, 'the budget of a request is an amount above 0');
  require(amount(multiplier), 'the multiplier of the radius is a number from 0');
  require(delta > 0 && delta < 1, 'delta is between 0 and 1');
  require(trialShare >= 0 && trialShare <= 1, 'the share of a trial is from 0 to 1');
  require(carries.length === arms.length && fixedCost.length === arms.length, 'every model has its limits');
  require(carries.every((share) => share > 0 && share <= 1), 'a model carries a share above 0 and up to 1');
  require(fixedCost.every(amount), 'a fixed cost is an amount from 0');
  for (const event of events) requireEvent(event, arms.length, windows);
}

function requireEvent(event: ScenarioEvent, arms: number, windows: number): void {
  const { kind, window, arm } = event;
  require(Number.isSafeInteger(arm) && arm >= 0 && arm < arms, `there is no model number ${arm}`);
  require(Number.isSafeInteger(window) &&
    window >= 0 &&
    window < windows, `there is no window ${window}: they count from 0 to ${windows - 1}`);
  switch (kind) {
    case 'price':
      requireFactor(event.factor);
      break;
    case 'quality':
      require(event.shift >= -1 && event.shift <= 1, 'rewards shift by -1 to 1');
      break;
    case 'arrival':
    case 'departure':
      break;
    default:
      kind satisfies never;
  }
}

/** @param factor of one change, or of all so far together @throws InvalidRequestError */
export function requireFactor(factor: number): void {
  require(factor >= 0 && factor <= MOST_FACTOR, `a price becomes 0 to ${MOST_FACTOR} times what it was at first`);
}

function require(holds: boolean, rule: string): void {
  if (holds) return;
  throw new InvalidRequestError({
    message: `This cannot be simulated: ${rule}.`,
    hint: 'Change what is simulated; `terrace simulate --help` lists what there is.',
  });
}
