import { runtimeClosed, type Calibration } from '@terrace/core';
import type {
  DeltasPorts,
  FactorJob,
  FittedFactors,
  FittedHead,
  Fitter,
  FitterOptions,
  FitterProgress,
  HeadJob,
} from '@terrace/core/deltas';
import { createTurns } from '@terrace/core/engine';
import { forbidTelemetry } from '../engine/forbid-telemetry.js';
import { startFitThread, type FitThread } from './fit-thread.js';

export interface NodeFitterOptions {
  /** The compiled worker; tests that run from sources name the built one. */
  readonly workerUrl?: URL;
}

/** Between two rungs of a ladder the thread is not started anew; after the last one it gives its memory back. */
const IDLE_MS = 10_000;
/** A fit looks between two evaluations whether it is still wanted; what does not look is ended with its thread. */
const STOP_MS = 2000;

/** Fits and calibrates in a thread of its own, one job at a time. */
export class NodeFitter implements Fitter {
  readonly #workerUrl: URL;
  readonly #inTurn = createTurns();
  readonly #closing = new AbortController();
  #thread: FitThread | undefined;
  #idle: NodeJS.Timeout | undefined;
  #onProgress: ((progress: FitterProgress) => void) | undefined;

  constructor({ workerUrl = new URL('./fit-worker.js', import.meta.url) }: NodeFitterOptions = {}) {
    forbidTelemetry();
    this.#workerUrl = workerUrl;
  }

  fitHead(job: HeadJob, options?: FitterOptions): Promise<FittedHead> {
    return this.#inThread<FittedHead>(({ remote }) => remote.fitHead(job), options);
  }

  fitFactors(job: FactorJob, options?: FitterOptions): Promise<FittedFactors | undefined> {
    return this.#inThread<FittedFactors | undefined>(({ remote }) => remote.fitFactors(job), options);
  }

  readonly calibrate: DeltasPorts['calibrate'] = ({ onLadder, ...job }, signal) =>
    this.#inThread<Calibration>(({ remote }) => remote.calibrate(job), {
      signal,
      ...(onLadder && { onProgress: ({ done, total }: FitterProgress) => onLadder(done, total) }),
    });

  async close(): Promise<void> {
    this.#closing.abort(runtimeClosed());
    // The native runtime does not always survive that its thread is taken away in a call.
    await this.#inTurn(() => this.#end());
  }

  #inThread<T>(call: (thread: FitThread) => Promise<T>, { signal, onProgress }: FitterOptions = {}): Promise<T> {
    const over = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    return this.#inTurn(async () => {
      const thread = this.#take();
      this.#onProgress = onProgress;
      let tooLong: NodeJS.Timeout | undefined;
      const stop = (): void => {
        this.#onProgress = undefined;
        void thread.life.guard(() => thread.remote.stop()).catch(() => undefined);
        tooLong = setTimeout(() => void thread.end(), STOP_MS);
      };
      over.addEventListener('abort', stop, { once: true });
      try {
        return await thread.life.guard(() => call(thread));
      } finally {
        over.removeEventListener('abort', stop);
        clearTimeout(tooLong);
        this.#onProgress = undefined;
        this.#letGo(thread);
      }
    }, over);
  }

  #take(): FitThread {
    clearTimeout(this.#idle);
    if (!this.#thread || this.#thread.life.ended())
      this.#thread = startFitThread(this.#workerUrl, (progress) => this.#onProgress?.(progress));
    return this.#thread;
  }

  #letGo(thread: FitThread): void {
    if (thread.life.ended()) return;
    this.#idle = setTimeout(() => void this.#end(), IDLE_MS);
    this.#idle.unref();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.end();
  }
}
