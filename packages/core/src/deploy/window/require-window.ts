import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { WindowProgram } from './window-program.js';

/** @throws InvalidRequestError for numbers that no window can be planned of */
export function requireWindow(program: WindowProgram): void {
  const { rewardUpper, costLower, carries, fixedCost, width, required, least, maxLive, requests, budget } = program;
  const arms = rewardUpper.length;
  if (arms === 0) throw refused('there is no model that may be live', 'Add a model to the deployment.');
  if (!(Number.isInteger(maxLive) && maxLive >= 1)) {
    throw refused(`${maxLive} models may be live at once`, 'Allow at least 1 live model.', { maxLive });
  }
  if (!(requests > 0 && Number.isFinite(requests))) {
    throw refused(`${requests} requests are expected`, 'Expect at least 1 request in a window.', { requests });
  }
  if (!(budget >= 0)) throw refused(`its budget is ${budget}`, 'Give a budget of at least 0.', { budget });
  for (let arm = 0; arm < arms; arm++) {
    const most = carries[arm]!;
    const sound =
      Number.isFinite(rewardUpper[arm]) &&
      isAmount(costLower[arm]!) &&
      isAmount(fixedCost[arm]!) &&
      !Number.isNaN(width[arm]) &&
      most > 0 &&
      most <= 1 &&
      least[arm]! >= 0 &&
      least[arm]! <= most;
    if (!sound) {
      throw refused(
        `the numbers of model ${arm} make no sense`,
        'Costs are finite and not negative; a share is over 0, up to 1, and the least is not over the most.',
        { model: arm },
      );
    }
  }
  const must = required.reduce((sum, one) => sum + one, 0);
  if (must > maxLive) {
    throw refused(`${must} models have to be live and ${maxLive} may`, 'Allow more live models, or end a rollout.', {
      required: must,
      maxLive,
    });
  }
  requireCapacity(program);
}

const ROUNDING = 1e-9;

/** Whether those that may be live can carry all requests, and have no more promised than there are. */
function requireCapacity({ carries, required, least, maxLive }: WindowProgram): void {
  const arms = [...carries.keys()].toSorted((a, b) => required[b]! - required[a]! || carries[b]! - carries[a]!);
  const carried = arms.slice(0, maxLive).reduce((sum, arm) => sum + carries[arm]!, 0);
  if (carried < 1 - ROUNDING) {
    const percent = Math.floor(100 * carried);
    throw refused(
      `${Math.min(arms.length, maxLive)} live models carry at most ${percent} % of the requests`,
      'Allow more live models, or add one that carries more.',
      { carried, maxLive },
    );
  }
  const promised = arms.reduce((sum, arm) => sum + (required[arm] === 1 ? least[arm]! : 0), 0);
  if (promised > 1 + ROUNDING) {
    throw refused('more than all requests are promised to models', 'Lower the shares that are held or tried.', {
      promised,
    });
  }
}

/** Beyond this, an amount of dollars is a mistake. */
const ABSURD = 1e12;
const isAmount = (value: number): boolean => value >= 0 && value <= ABSURD;

export function refused(why: string, hint: string, facts: Readonly<Record<string, number>> = {}): InvalidRequestError {
  return new InvalidRequestError({ message: `The window cannot be planned: ${why}.`, hint, facts });
}
