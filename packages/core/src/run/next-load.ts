import { compareWaiting, type Waiting } from './queue.js';

/** Requests that wait for a variant which is not loaded; sorted, never empty. */
export interface WaitingForLoad {
  readonly queue: readonly Waiting[];
}

/**
 * Which variant to load next: the one whose first request has the higher priority or the earlier deadline, and
 * among equals the one whose requests have waited longest taken together. So a load is shared by many, and
 * the rare ones are not forgotten. Pure.
 */
export function nextLoad<T extends WaitingForLoad>(lanes: readonly T[], nowMs: number): T | undefined {
  const urgency = ({ queue: [first] }: T): Waiting => ({ ...first!, sequence: 0 });
  const waitedMs = ({ queue }: T): number => queue.reduce((sum, { sinceMs }) => sum + nowMs - sinceMs, 0);
  return lanes.toSorted(
    (a, b) => compareWaiting(urgency(a), urgency(b)) || waitedMs(b) - waitedMs(a) || b.queue.length - a.queue.length,
  )[0];
}
