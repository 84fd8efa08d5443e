import type { ReservationAsk } from '@terrace/core/budget';
import { systemClock } from '../../system-clock.js';
import { IndexedDbBudgetStore } from '../indexed-db-budget-store.js';

/** Reserves until it is ended or there is no room, and tells the id of each reservation that is durable. */
self.addEventListener(
  'message',
  async ({ data: { name, ask } }: MessageEvent<{ name: string; ask: ReservationAsk }>) => {
    const store = new IndexedDbBudgetStore({ name, clock: systemClock, onWarning: () => undefined });
    for (let i = 0; ; i++) {
      const id = `${ask.id} ${i}`;
      if ((await store.reserve({ ...ask, id })) !== undefined) return;
      self.postMessage(id);
    }
  },
);
