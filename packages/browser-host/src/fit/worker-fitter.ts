import { createTurns } from '@terrace/core/engine';
import { runtimeClosed, type Clock } from '@terrace/core';
import type { DeltasPorts, Fitter, FitterProgress } from '@terrace/core/deltas';
import type { AssetFiles } from '../assets/asset-files.js';
import { createCompiledWasm } from '../engine/compiled-wasm.js';
import type { EngineSettings } from '../engine/protocol.js';
import { startFitThread, type FitThread } from './fit-thread.js';

/** Between two fits of a ladder a worker is not started anew; after the last one it gives its memory back. */
const IDLE_MS = 10_000;

export interface WorkerFitterOptions {
  readonly files: Pick<AssetFiles, 'fitWorker' | 'wasm'>;
  /** WebAssembly threads, where the page is cross-origin isolated. */
  readonly threads: number;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** What takes long and knows no model: fits, and calibrations. */
export interface WorkerFitter extends Fitter, Pick<DeltasPorts, 'calibrate'> {}

/** Fits one job at a time in a worker of its own. An abort ends the worker with whatever it is at. */
export function createWorkerFitter({ files, threads, clock }: WorkerFitterOptions): WorkerFitter {
  const inTurn = createTurns();
  const compiled = createCompiledWasm();
  const closing = new AbortController();
  let thread: FitThread | undefined;
  let isIdle = new AbortController();

  const settings = async (): Promise<EngineSettings> => {
    const { wasm: ort } = files;
    const usable = globalThis.crossOriginIsolated ? threads : 1;
    return { provider: 'wasm', ort, wasm: await compiled(ort.binary), threads: usable };
  };
  const take = (): FitThread => {
    isIdle.abort();
    if (!thread || thread.ended()) thread = startFitThread(files.fitWorker, settings);
    return thread;
  };
  const letGo = (used: FitThread): void => {
    const idle = (isIdle = new AbortController());
    void clock.sleep(IDLE_MS, idle.signal).then(() => {
      if (!idle.signal.aborted) used.end();
    });
  };
  const inThread = <T>(
    signal: AbortSignal | undefined,
    fit: (used: FitThread, over: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const over = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
    return inTurn(async () => {
      const used = take();
      const stop = (): void => used.end();
      over.addEventListener('abort', stop, { once: true });
      try {
        return await fit(used, over);
      } finally {
        over.removeEventListener('abort', stop);
        letGo(used);
      }
    }, over);
  };

  return {
    fitHead: (job, { signal, onProgress: onEvent } = {}) =>
      inThread(signal, (used, over) => used.call('fitHead', [job], { signal: over, onEvent })),
    fitFactors: (job, { signal, onProgress: onEvent } = {}) =>
      inThread(signal, (used, over) => used.call('fitFactors', [job], { signal: over, onEvent })),
    calibrate: ({ onLadder, ...job }, signal) =>
      inThread(signal, (used, over) => {
        const onEvent = onLadder && (({ done, total }: FitterProgress): void => onLadder(done, total));
        return used.call('calibrate', [job], { signal: over, onEvent });
      }),
    async close() {
      closing.abort(runtimeClosed());
      isIdle.abort();
      thread?.end();
    },
  };
}
