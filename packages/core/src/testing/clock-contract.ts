import { describe, expect, it } from 'vitest';
import type { Clock } from '../ports/clock.js';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets time pass, for a clock that does not run by itself. */
  readonly advance?: (ms: number) => void;
}

/** Timers and clocks of a platform may disagree by this much. */
const SLACK_MS = 2;

/** What every Clock does. */
export function describeClockContract(name: string, make: () => ClockUnderTest): void {
  describe(`${name} keeps the Clock contract`, () => {
    it('never goes back and counts finite milliseconds', () => {
      const { clock } = make();
      const times = Array.from({ length: 100 }, () => clock.nowMs());
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.every(Number.isFinite)).toBe(true);
      expect(clock.wallMs()).toBeGreaterThan(Date.UTC(2020, 0));
    });

    it('sleeps for the time that was asked, on both scales', async () => {
      const { clock, advance } = make();
      const [from, wallFrom] = [clock.nowMs(), clock.wallMs()];
      const asleep = clock.sleep(20);
      advance?.(20);
      await asleep;
      expect(clock.nowMs() - from).toBeGreaterThanOrEqual(20 - SLACK_MS);
      expect(clock.wallMs() - wallFrom).toBeGreaterThanOrEqual(20 - SLACK_MS);
    });

    it('wakes the shorter sleep first', async () => {
      const { clock, advance } = make();
      const order: string[] = [];
      const long = clock.sleep(30).then(() => order.push('long'));
      const short = clock.sleep(5).then(() => order.push('short'));
      advance?.(30);
      await Promise.all([long, short]);
      expect(order).toEqual(['short', 'long']);
    });

    it('does not sleep for nothing', async () => {
      await make().clock.sleep(0);
    });

    it('wakes as soon as the signal aborts, and never rejects', async () => {
      const { clock } = make();
      const controller = new AbortController();
      const asleep = clock.sleep(3_600_000, controller.signal);
      controller.abort(new Error('enough'));
      await expect(asleep).resolves.toBeUndefined();
      await expect(clock.sleep(3_600_000, controller.signal)).resolves.toBeUndefined();
    });
  });
}
