import { performance } from 'node:perf_hooks';

/** Long enough to tell a busy thread from a burst. */
const WINDOW_MS = 100;

/** How busy the calling thread's event loop has been, in [0, 1], over the last tenth of a second or more. */
export function watchCallerLoad(): () => number {
  let from = performance.eventLoopUtilization();
  let sinceMs = performance.now();
  let load = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - sinceMs >= WINDOW_MS) {
      load = performance.eventLoopUtilization(from).utilization;
      from = performance.eventLoopUtilization();
      sinceMs = nowMs;
    }
    return load;
  };
}
