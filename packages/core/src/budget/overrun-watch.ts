import type { BudgetStore } from '../ports/budget-store.js';
import type { Clock } from '../ports/clock.js';
import type { BudgetAlert } from './alerts.js';
import type { BudgetStanding } from './budget-limit.js';
import { isOverrunLikely } from './forecast.js';
import { forecast } from './forecast-period.js';
import { FORECAST_DAYS } from './observed-hours.js';
import { HOUR_MS } from './period.js';

interface Looked {
  readonly atMs: number;
  /** Start of the period that somebody was told of. */
  readonly toldWallMs: number | undefined;
}

/**
 * Tells once a period of a budget that will probably not last. It looks every hour, and never before a budget has been
 * spent from for an hour: a process that answers one request forecasts nothing.
 */
export class OverrunWatch {
  readonly #store: Pick<BudgetStore, 'hours'>;
  readonly #clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly #onAlert: (alert: BudgetAlert) => void;
  readonly #looked = new Map<string, Looked>();

  constructor(
    store: Pick<BudgetStore, 'hours'>,
    clock: Pick<Clock, 'nowMs' | 'wallMs'>,
    onAlert: (alert: BudgetAlert) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#onAlert = onAlert;
  }

  /** @throws StorageError */
  async see(standing: BudgetStanding): Promise<void> {
    const { id, fromWallMs, limit, spent } = standing;
    const atMs = this.#clock.nowMs();
    const looked = this.#looked.get(id);
    if (fromWallMs === undefined || (looked && atMs - looked.atMs < HOUR_MS)) return;
    this.#looked.set(id, { atMs, toldWallMs: looked?.toldWallMs });
    // Of what is spent already somebody is told otherwise.
    if (!looked || looked.toldWallMs === fromWallMs || spent >= limit.limit) return;
    const nowWallMs = this.#clock.wallMs();
    const hours = await this.#store.hours(id, nowWallMs - FORECAST_DAYS * 24 * HOUR_MS);
    const found = forecast({ hours, standing, nowWallMs });
    if (!found || !isOverrunLikely(found)) return;
    this.#looked.set(id, { atMs, toldWallMs: fromWallMs });
    this.#onAlert({ kind: 'forecast', forecast: found, standing });
  }
}
