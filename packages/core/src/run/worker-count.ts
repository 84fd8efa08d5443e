/** From here on the calling thread takes a core of its own: it answers, judges and records, and runs what is inline. */
const BUSY_CALLER = 0.5;

/**
 * How many workers may run at once. A worker more than cores are free makes nothing faster: the thread that feeds
 * them all waits for its turn (docs/benchmarks.md). At least 1. Pure.
 * @param usableCores cores this process may keep busy
 * @param callerLoad share of the time the calling thread was busy lately, in [0, 1]
 */
export const workerCount = ({ usableCores, callerLoad }: { usableCores: number; callerLoad: number }): number =>
  Math.max(1, callerLoad > BUSY_CALLER ? usableCores - 1 : usableCores);
