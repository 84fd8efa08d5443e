import { setImmediate } from 'node:timers/promises';
import {
  forecast,
  FORECAST_DAYS,
  HOUR_MS,
  type BudgetForecast,
  type BudgetStanding,
  type BudgetStore,
} from '@terrace/core/budget';

/** A budget with what it will have taken; undefined where there is nothing to go by. */
export interface Forecasted {
  readonly standing: BudgetStanding;
  readonly forecast: BudgetForecast | undefined;
}

/** In the order of the standings. @throws StorageError */
export async function forecastStandings(
  standings: readonly BudgetStanding[],
  store: Pick<BudgetStore, 'hours'>,
  nowWallMs: number,
): Promise<readonly Forecasted[]> {
  const sinceWallMs = nowWallMs - FORECAST_DAYS * 24 * HOUR_MS;
  const forecasts: Forecasted[] = [];
  for (const standing of standings) {
    const hours = await store.hours(standing.id, sinceWallMs);
    forecasts.push({ standing, forecast: forecast({ hours, standing, nowWallMs }) });
    // Each takes some milliseconds: a server answers meanwhile.
    await setImmediate();
  }
  return forecasts;
}
