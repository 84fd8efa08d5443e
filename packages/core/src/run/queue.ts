import type { EngineInput } from '../ports/model-engine.js';

/** Who goes first where work waits. */
export type Priority = 'high' | 'normal' | 'low';

const RANK: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

/** What the order and the batches are decided by. Times are on the clock's steady scale. */
export interface Waiting {
  readonly input: EngineInput;
  readonly priority: Priority;
  /** Infinity without one. */
  readonly deadlineAtMs: number;
  readonly sinceMs: number;
  /** Order of arrival. */
  readonly sequence: number;
  /** It was part of a batch that failed, and runs by itself from now on. */
  readonly alone: boolean;
  /** It has waited too long, and lets all others of its priority go first. */
  readonly overdue: boolean;
}

export interface BatchLimits {
  readonly maxBatch: number;
  /** How long a request may be held back for others to join it. */
  readonly maxDelayMs: number;
  /**
   * So many go at once, and fewer are held back also where a worker is free. Without it requests are held back only
   * where company is likely, which costs a lone one nothing.
   */
  readonly preferredBatch?: number | undefined;
}

/** Texts that are looked through for company; the order of the queue counts more than a full batch. */
const LOOK_AHEAD = 64;
/** Characters of a batch: long texts fill a core's kernels alone, and hold up whoever waits. */
const MAX_BATCH_CHARACTERS = 1024;

/**
 * Sorts before, after or like another: priority, then those that have not waited too long, then the earlier deadline,
 * then the order of arrival. Pure.
 */
export const compareWaiting = (a: Waiting, b: Waiting): number =>
  RANK[a.priority] - RANK[b.priority] ||
  Number(a.overdue) - Number(b.overdue) ||
  (a.deadlineAtMs === b.deadlineAtMs ? a.sequence - b.sequence : a.deadlineAtMs - b.deadlineAtMs);

/** Puts one where it belongs in a sorted queue; at the end, most of the time. */
export function enqueue<T extends Waiting>(queue: T[], waiting: T): void {
  let low = 0;
  let high = queue.length;
  if (high > 0 && compareWaiting(queue[high - 1]!, waiting) < 0) low = high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareWaiting(queue[middle]!, waiting) < 0) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, waiting);
}

/**
 * Takes the first of a sorted queue and those behind it that can share its run: same task and delta, similar
 * length, and no deadline that the larger batch would miss.
 * @param runMs expected time of one run by itself
 */
export function takeBatch<T extends Waiting>(
  queue: T[],
  { maxBatch, nowMs, runMs }: { maxBatch: number; nowMs: number; runMs: number },
): T[] {
  const first = queue.shift();
  if (!first) return [];
  const batch = [first];
  let characters = first.input.text.length;
  let slackMs = slackOf(first, nowMs, runMs);
  if (first.alone) return batch;
  for (let i = 0, looked = 0; i < queue.length && looked < LOOK_AHEAD && batch.length < maxBatch; looked++) {
    const next = queue[i]!;
    const together = characters + next.input.text.length;
    const tightestMs = Math.min(slackMs, slackOf(next, nowMs, runMs));
    if (!canJoin(first, next) || together > MAX_BATCH_CHARACTERS || (batch.length + 1) * runMs > tightestMs) {
      i++;
      continue;
    }
    batch.push(next);
    queue.splice(i, 1);
    characters = together;
    slackMs = tightestMs;
  }
  return batch;
}

/**
 * How long to hold the queue back so that others may join; 0 is to go now. Pure.
 * @param company requests the last batch had: so many are likely to come again
 * @param busy whether another worker runs this variant; without one nobody waits for company, unless a size is preferred
 */
export function holdBackMs(
  queue: readonly Waiting[],
  {
    limits: { maxBatch, maxDelayMs, preferredBatch },
    company,
    busy,
    nowMs,
    runMs,
  }: { limits: BatchLimits; company: number; busy: boolean; nowMs: number; runMs: number },
): number {
  const first = queue[0];
  const mayHold = preferredBatch !== undefined || busy;
  if (!first || !mayHold || first.alone || queue.length >= Math.min(maxBatch, preferredBatch ?? company)) return 0;
  const untilMs = Math.min(first.sinceMs + maxDelayMs, first.deadlineAtMs - runMs);
  return Math.max(0, untilMs - nowMs);
}

/** Time that a deadline leaves; one that is missed anyway holds nobody up. */
function slackOf({ deadlineAtMs }: Waiting, nowMs: number, runMs: number): number {
  const slackMs = deadlineAtMs - nowMs;
  return slackMs < runMs ? Infinity : slackMs;
}

function canJoin({ input: a }: Waiting, { input: b, alone }: Waiting): boolean {
  const [shorter, longer] = a.text.length < b.text.length ? [a.text, b.text] : [b.text, a.text];
  return !alone && a.task === b.task && a.deltaId === b.deltaId && longer.length <= 1.5 * shorter.length + 16;
}
