import type { OutcomeRecord } from '../../ports/ledger.js';
import { busyMsOf } from '../../recommend/estimate.js';
import type { CostRates } from './reward-record.js';

const JOULES_PER_KILOWATT_HOUR = 3.6e6;
const MS_PER_HOUR = 3.6e6;

/** What a request cost, in US dollars: what endpoints charged, the energy of this device, and its time while it was busy. */
export function costOf(
  { costUsd, energyJoules }: Pick<OutcomeRecord, 'costUsd' | 'energyJoules'>,
  { usdPerKilowattHour, usdPerBusyHour }: CostRates,
): number {
  const energyUsd = (energyJoules / JOULES_PER_KILOWATT_HOUR) * usdPerKilowattHour;
  return costUsd + energyUsd + (busyMsOf(energyJoules) / MS_PER_HOUR) * usdPerBusyHour;
}
