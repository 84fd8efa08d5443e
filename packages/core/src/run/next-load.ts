import { compareWaiting, type Waiting } from './queue.js';

/** Requests of one variant; sorted, never empty. */
export interface WaitingForVariant {
  readonly queue: readonly Waiting[];
}

export interface LoadChoice<T> {
  readonly chosen: T | undefined;
  /** When all of them had better wait, how long until one has waited long enough. */
  readonly lookAgainMs: number | undefined;
}

/**
 * How long a variant that is not loaded waits for those that are, before it takes the place of one that others
 * wait for. A few loads' time: so requests of one kind gather and share a load, and none waits much longer for it.
 */
const PATIENCE_MS = 500;

/**
 * Which variant to load next: the one whose first request has the higher priority or the earlier deadline, and
 * among equals the one whose requests have waited longest taken together. So a load is shared by many, and
 * the rare ones are not forgotten. One that would displace a variant with requests of its own waits until those are
 * done, unless it is more urgent or its patience ends. Pure.
 * @param absent variants that are not loaded
 * @param displaces what others wait for and would have to go
 */
export function nextLoad<T extends WaitingForVariant>(
  absent: readonly T[],
  { nowMs, displaces }: { nowMs: number; displaces: (lane: T) => readonly WaitingForVariant[] },
): LoadChoice<T> {
  const waitedMs = ({ queue }: T): number => queue.reduce((sum, { sinceMs }) => sum + nowMs - sinceMs, 0);
  const order = absent.toSorted(
    (a, b) => compareUrgency(a, b) || waitedMs(b) - waitedMs(a) || b.queue.length - a.queue.length,
  );
  const patienceMs = (lane: T): number => Math.min(...lane.queue.map(({ sinceMs }) => sinceMs)) + PATIENCE_MS - nowMs;
  const chosen = order.find(
    (lane) => patienceMs(lane) <= 0 || displaces(lane).every((other) => compareUrgency(lane, other) < 0),
  );
  return { chosen, lookAgainMs: chosen || absent.length === 0 ? undefined : Math.min(...absent.map(patienceMs)) };
}

/** By their first requests, whichever came first. */
const compareUrgency = ({ queue: [a] }: WaitingForVariant, { queue: [b] }: WaitingForVariant): number =>
  compareWaiting({ ...a!, sequence: 0 }, { ...b!, sequence: 0 });
