import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const KEY = 'terrace-run-times';
/** More than a cancel and all that came before it take. */
const KEPT = 4096;

/** One run of a graph, in ms of `clockMs`. */
export interface RunTime {
  readonly startMs: number;
  readonly endMs: number;
}

/** The same in every thread. */
export const clockMs = (): number => performance.timeOrigin + performance.now();

/** When the runs of threads that are started from here on began and ended: what one thread writes, the other reads. */
export class RunTimes {
  readonly #count: Int32Array;
  readonly #times: Float64Array;

  private constructor(memory: SharedArrayBuffer) {
    this.#count = new Int32Array(memory, 0, 1);
    this.#times = new Float64Array(memory, 8, 2 * KEPT);
  }

  static share(): RunTimes {
    const memory = new SharedArrayBuffer(8 + 16 * KEPT);
    setEnvironmentData(KEY, memory);
    return new RunTimes(memory);
  }

  static shared(): RunTimes {
    return new RunTimes(getEnvironmentData(KEY) as SharedArrayBuffer);
  }

  /** Of runs that have begun. */
  get count(): number {
    return Atomics.load(this.#count, 0);
  }

  begin(): () => void {
    const at = 2 * (this.count % KEPT);
    this.#times[at] = clockMs();
    Atomics.add(this.#count, 0, 1);
    return () => void (this.#times[at + 1] = clockMs());
  }

  /** The last so many, but for those after them, in order. */
  last(runs: number, after = 0): RunTime[] {
    const end = this.count - after;
    return Array.from({ length: runs }, (_, i) => {
      const at = 2 * ((end - runs + i) % KEPT);
      return { startMs: this.#times[at]!, endMs: this.#times[at + 1]! };
    });
  }
}
