import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.js';
import type { BudgetAlert } from './alerts.js';
import type { BudgetLimit, BudgetStanding } from './budget-limit.js';
import { OverrunWatch } from './overrun-watch.js';
import { DAY_MS, HOUR_MS, periodOf } from './period.js';

const APRIL = Date.UTC(2027, 3, 1);

/** A budget of a month that half a dollar an hour was spent from since its first day. */
function setUp(limitUsd: number) {
  const clock = createFakeClock({ wallMs: APRIL + 3 * DAY_MS });
  const alerts: BudgetAlert[] = [];
  let reads = 0;
  const hoursOf = () => Math.floor((clock.wallMs() - APRIL) / HOUR_MS);
  const store = {
    hours: async () => {
      reads++;
      return Array.from({ length: hoursOf() }, (_, hour) => ({ fromWallMs: APRIL + hour * HOUR_MS, amount: 0.5 }));
    },
  };
  const watch = new OverrunWatch(store, clock, (alert) => alerts.push(alert));
  const limit: BudgetLimit = {
    scope: {},
    period: 'month',
    unit: 'usd',
    limit: limitUsd,
    whenSpent: 'local',
    alertAt: [],
  };
  const see = async (): Promise<void> => {
    const { fromWallMs, toWallMs } = periodOf('month', clock.wallMs());
    const spent = (clock.wallMs() - fromWallMs) / HOUR_MS / 2;
    const standing: BudgetStanding = { id: 'b', limit, fromWallMs, toWallMs, spent, reserved: 0, left: 0 };
    await watch.see(standing);
  };
  return { clock, alerts, see, reads: () => reads };
}

describe('a budget that will not last', () => {
  it('is told of once a period, and not before it has been watched for an hour', async () => {
    const { clock, alerts, see } = setUp(200);
    await see();
    expect(alerts).toEqual([]);
    clock.advance(HOUR_MS);
    await see();
    expect(alerts).toMatchObject([{ kind: 'forecast', forecast: { basisHours: 73 } }]);
    clock.advance(DAY_MS);
    await see();
    expect(alerts).toHaveLength(1);
    clock.advance(28 * DAY_MS);
    await see();
    expect(alerts).toHaveLength(2);
  });

  it('is not one that lasts, and it is looked at no more than hourly', async () => {
    const { clock, alerts, see, reads } = setUp(1000);
    for (let minutes = 0; minutes < 240; minutes += 10) {
      await see();
      clock.advance(10 * 60_000);
    }
    expect(alerts).toEqual([]);
    expect(reads()).toBe(3);
  });
});
