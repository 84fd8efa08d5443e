import type { Clock } from '../../ports/clock.js';
import type { WindowRecord } from '../deployment-state.js';

/** When a window is over, by two clocks: one that jumps, and one that does not outlive the process. */
export class WindowClock {
  readonly #clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly #record: WindowRecord;
  readonly #sinceMs: number;
  readonly #beforeMs: number;

  /** @param beforeMs for how long it was under way before, as the wall clock has it */
  constructor(record: WindowRecord, clock: Pick<Clock, 'nowMs' | 'wallMs'>, beforeMs = 0) {
    this.#record = record;
    this.#clock = clock;
    this.#sinceMs = clock.nowMs();
    this.#beforeMs = Math.max(0, beforeMs);
  }

  /** At least so long, however the wall clock jumps. 0 when it is over. */
  leftMs(): number {
    const { fromWallMs, toWallMs } = this.#record;
    const bySteady = toWallMs - fromWallMs - this.passedMs();
    return Math.max(0, Math.min(toWallMs - this.#clock.wallMs(), bySteady));
  }

  passedMs(): number {
    return this.#beforeMs + this.#clock.nowMs() - this.#sinceMs;
  }
}
