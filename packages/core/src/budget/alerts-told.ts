import { dueAlerts, type BudgetAlert } from './alerts.js';
import type { BudgetStanding } from './budget-limit.js';
import { hasRoom } from './require-amounts.js';

interface Told {
  readonly fromWallMs: number;
  /** Those that are due still: a limit that is raised takes some back. */
  readonly shares: readonly number[];
  readonly overrun: boolean;
}

/** Tells of each alert once a period. What was so already when a budget is first seen was told by who saw it then. */
export class AlertsTold {
  readonly #onAlert: (alert: BudgetAlert) => void;
  /** By budget; of its latest period. */
  readonly #told = new Map<string, Told>();

  constructor(onAlert: (alert: BudgetAlert) => void) {
    this.#onAlert = onAlert;
  }

  see(standing: BudgetStanding): void {
    const { id, fromWallMs, limit, spent } = standing;
    if (fromWallMs === undefined) return;
    const isOver = !hasRoom(spent, 0, limit.limit);
    const told = this.#toldOf(standing, fromWallMs, isOver);
    this.#told.set(id, { fromWallMs, shares: dueAlerts(standing, []), overrun: isOver });
    for (const share of dueAlerts(standing, told.shares)) this.#onAlert({ kind: 'share', share, standing });
    if (isOver && !told.overrun) this.#onAlert({ kind: 'overrun', standing });
  }

  /** Of a period that begins while the budget is watched nothing was told yet. */
  #toldOf(standing: BudgetStanding, fromWallMs: number, isOver: boolean): Told {
    const told = this.#told.get(standing.id);
    if (told?.fromWallMs === fromWallMs) return told;
    const isFirst = told === undefined;
    return { fromWallMs, shares: isFirst ? dueAlerts(standing, []) : [], overrun: isFirst && isOver };
  }
}
