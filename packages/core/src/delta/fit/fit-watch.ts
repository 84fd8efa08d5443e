import type { FitterProgress } from './fitter.js';

interface FitWatchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FitterProgress) => void) | undefined;
  /** Rows times evaluations that all parts may take together. */
  readonly total: number;
}

/** One minimisation of a fit. */
export interface FitPart {
  /** Evaluations it may take. */
  readonly limit: number;
  /** Before each evaluation. @throws the signal's reason */
  tick(): void;
  /** What it did not take counts as done. */
  end(): void;
}

/** Told a hundred times at most. */
const SHARE = 0.01;

/** How far a fit is, and whether anybody still wants it. */
export class FitWatch {
  readonly #options: FitWatchOptions;
  #done = 0;
  #told = 0;

  constructor(options: FitWatchOptions) {
    this.#options = options;
  }

  part(rows: number, limit: number): FitPart {
    let left = limit;
    const spend = (evaluations: number): void => {
      left -= evaluations;
      this.#advance(evaluations * rows);
    };
    return {
      limit,
      tick: () => {
        this.#options.signal?.throwIfAborted();
        spend(1);
      },
      end: () => spend(left),
    };
  }

  #advance(units: number): void {
    const { onProgress, total } = this.#options;
    this.#done += units;
    if (this.#done - this.#told < SHARE * total) return;
    this.#told = this.#done;
    onProgress?.({ done: Math.min(this.#done, total), total });
  }
}
