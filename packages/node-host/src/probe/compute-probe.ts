import { Worker } from 'node:worker_threads';
import { probeGraphs, probeShape, ratesFromTimings, type MeasuredRates } from '@terrace/core';
import type { ComputeJob, ComputeReport } from './compute-protocol.js';

/** Long enough for a slow board under load, or a driver's first start; measuring itself takes about 200 ms. */
const TIMEOUT_MS = { cpu: 10_000, other: 60_000 } as const;

/**
 * Low enough that no supported device is slower. They stand in when the measurement breaks off, so that the device
 * still serves; the caller does not keep them.
 */
export const conservativeRates: MeasuredRates = {
  gflops: { fp32: 2, int8: 2, q4: 1 },
  gigabytesPerSecond: 1,
  overheadMs: 0.2,
};

export type ComputeMeasurement =
  | {
      readonly kind: 'measured';
      readonly rates: MeasuredRates;
      readonly measuringMs: number;
      /** Providers the runtime was built with, whether they work here or not. */
      readonly listed: readonly string[];
    }
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** The thread died or did not answer in time: nothing is known about the runtime. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Measures in a thread of its own, because a run blocks the thread it is called on. Never rejects. */
export function measureCompute({
  workerUrl,
  provider = 'cpu',
  timeoutMs = provider === 'cpu' ? TIMEOUT_MS.cpu : TIMEOUT_MS.other,
}: {
  readonly workerUrl: URL;
  readonly provider?: string;
  readonly timeoutMs?: number;
}): Promise<ComputeMeasurement> {
  const job: ComputeJob = { provider, graphs: probeGraphs, shape: probeShape };
  return new Promise((resolve) => {
    const worker = new Worker(workerUrl, { workerData: job, execArgv: [] });
    let outcome: ComputeMeasurement | undefined;
    const timer = setTimeout(() => {
      outcome ??= { kind: 'broken', reason: `no answer within ${timeoutMs} ms` };
      void worker.terminate();
    }, timeoutMs);
    worker.once('message', (report: ComputeReport) => {
      outcome ??= readReport(report);
    });
    worker.once('error', (error) => {
      outcome ??= { kind: 'broken', reason: String(error) };
    });
    // Answered only at the end of the thread: its memory is free again, and no runtime is being torn down while
    // the caller starts its own.
    worker.once('exit', (code) => {
      clearTimeout(timer);
      resolve(outcome ?? { kind: 'broken', reason: `the measuring thread ended with code ${code} and no report` });
    });
  });
}

function readReport(report: ComputeReport): ComputeMeasurement {
  if (report.kind === 'unavailable') return report;
  const usable = Object.values(report.timings).every((ms) => Number.isFinite(ms) && ms > 0);
  if (!usable) return { kind: 'broken', reason: 'a graph took no measurable time' };
  const { timings, measuringMs, listed } = report;
  return { kind: 'measured', rates: ratesFromTimings(timings), measuringMs, listed };
}
