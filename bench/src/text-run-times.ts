import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const KEY = 'terrace-run-times';
/** More than a cancel and all that came before it take. */
const KEPT = 4096;

/** One run of a graph, in ms of `clockMs`. */
export interface RunTime {
  readonly startMs: number;
  readonly endMs: number;
  /** How long it took again, with nothing between it and another run; 0 where it was not repeated. */
  readonly againMs: number;
}

/** The same in every thread. */
export const clockMs = (): number => performance.timeOrigin + performance.now();

/** When the runs of threads that are started from here on began and ended: what one thread writes, the other reads. */
export class RunTimes {
  /** Of runs that have begun. */
  readonly #count: Int32Array;
  /** Every how many of them is repeated; 0 for none. */
  readonly #every: Int32Array;
  readonly #times: Float64Array;

  private constructor(memory: SharedArrayBuffer) {
    this.#count = new Int32Array(memory, 0, 1);
    this.#every = new Int32Array(memory, 4, 1);
    this.#times = new Float64Array(memory, 8, 3 * KEPT);
  }

  static share(repeatEvery = 0): RunTimes {
    const memory = new SharedArrayBuffer(8 + 24 * KEPT);
    setEnvironmentData(KEY, memory);
    const shared = new RunTimes(memory);
    shared.#every[0] = repeatEvery;
    return shared;
  }

  static shared(): RunTimes {
    return new RunTimes(getEnvironmentData(KEY) as SharedArrayBuffer);
  }

  /** Of runs that have begun. */
  get count(): number {
    return Atomics.load(this.#count, 0);
  }

  /** Of the run that begins next. */
  get isRepeated(): boolean {
    const every = this.#every[0]!;
    return every > 0 && this.count % every === 0;
  }

  begin(): { end(): void; again(ms: number): void } {
    const at = 3 * (this.count % KEPT);
    this.#times[at] = clockMs();
    this.#times[at + 2] = 0;
    Atomics.add(this.#count, 0, 1);
    return {
      end: () => void (this.#times[at + 1] = clockMs()),
      again: (ms) => void (this.#times[at + 2] = ms),
    };
  }

  /** The last so many, but for those after them, in order. */
  last(runs: number, after = 0): RunTime[] {
    const end = this.count - after;
    return Array.from({ length: runs }, (_, i) => {
      const at = 3 * ((end - runs + i) % KEPT);
      return { startMs: this.#times[at]!, endMs: this.#times[at + 1]!, againMs: this.#times[at + 2]! };
    });
  }
}
