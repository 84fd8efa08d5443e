import type { LocalTier } from '../catalog/tier.js';
import { OverloadedError } from '../errors/overloaded-error.js';
import { runtimeClosed } from '../errors/runtime-closed-error.js';
import type { Lease, Loader, LoadOptions } from '../load/loader.js';
import type { Clock } from '../ports/clock.js';
import type { EngineInput, EngineOutput, LoadReport } from '../ports/model-engine.js';
import { nextLoad } from './next-load.js';
import {
  compareWaiting,
  enqueue,
  holdBackMs,
  takeBatch,
  type BatchLimits,
  type Priority,
  type Waiting,
} from './queue.js';

/** One run of one tier that somebody waits for. */
export interface Job {
  readonly tier: LocalTier;
  readonly load: LoadOptions;
  readonly input: EngineInput;
  readonly priority?: Priority;
  /** On the clock's steady scale. It orders the queue; whoever sets it cuts the wait with the signal. */
  readonly deadlineAtMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Ran {
  readonly output: EngineOutput;
  readonly report: LoadReport;
  /** From the call to the start of the run: for files to be fetched, for a worker, for the model to be loaded, for company. */
  readonly waitedMs: number;
  /** Whether the model was loaded all that time. */
  readonly warm: boolean;
  /** Requests that shared the run, this one included. */
  readonly batch: number;
}

/** Everything that runs a tier goes through here: who goes first, who shares a run, and which worker does it. */
export interface Scheduler {
  /**
   * @throws OverloadedError when too many wait, RuntimeClosedError after the close, the signal's reason when it
   *   aborts, and what the download, the load or the run failed with
   */
  run(job: Job): Promise<Ran>;
  /** Requests that have not begun to run. */
  waiting(): number;
  /** Whether no request waits or runs. */
  isIdle(): boolean;
  /** Refuses what waits and whatever comes; resolves when nothing runs any more. */
  close(): Promise<void>;
}

export interface SchedulerLimits extends BatchLimits {
  /** Requests that may wait; the next one is refused. */
  readonly maxWaiting: number;
  /** A request that has waited so long, the load of its model included, is dealt with as `whenOverdue` says. */
  readonly maxWaitMs: number;
  /** It is refused, or it lets all others of its priority go first. */
  readonly whenOverdue: 'reject' | 'delay';
}

export const DEFAULT_LIMITS: SchedulerLimits = {
  maxBatch: 8,
  maxDelayMs: 1,
  maxWaiting: 100_000,
  maxWaitMs: Infinity,
  whenOverdue: 'reject',
};

/** So many requests behind a busy worker are worth another one. */
const WIDEN_FROM = 4;
/** When there was no memory for another worker, it is tried again after this time. */
const WIDEN_PAUSE_MS = 30_000;

interface Ticket extends Waiting {
  readonly job: Job;
  readonly lane: Lane;
  readonly warm: boolean;
  readonly resolve: (ran: Ran) => void;
  readonly reject: (error: unknown) => void;
}

/** The requests of one variant. */
interface Lane {
  readonly variantId: string;
  readonly queue: Ticket[];
  /** Of the newest request: the delta differs between requests, the variant does not. */
  tier: LocalTier;
  load: LoadOptions;
  /** Batches under way. */
  running: number;
  /** Requests in the last one. */
  company: number;
  loading: boolean;
  widening: boolean;
  widenFromMs: number;
}

const NEW_LANE = { running: 0, company: 1, loading: false, widening: false, widenFromMs: 0 };

/**
 * @param workers how many workers may run at once
 */
export function createScheduler({
  loader,
  clock,
  workers,
  limits = DEFAULT_LIMITS,
}: {
  loader: Loader;
  clock: Clock;
  workers: () => number;
  limits?: SchedulerLimits;
}): Scheduler {
  const lanes = new Map<string, Lane>();
  let sequence = 0;
  let waiting = 0;
  let running = 0;
  let busyWorkers = 0;
  let lookAtMs = Infinity;
  let closed = false;
  // Those that may yet have waited too long, oldest first.
  const punctual = new Map<number, Ticket>();
  let watching = false;
  let onIdle = (): void => undefined;

  const laneOf = ({ tier, load }: Job): Lane => {
    const variantId = tier.variant.weights.sha256;
    let lane = lanes.get(variantId);
    if (!lane) {
      lane = { variantId, queue: [], tier, load, ...NEW_LANE };
      lanes.set(variantId, lane);
    }
    lane.tier = tier;
    lane.load = load;
    return lane;
  };

  /** Sends everything on its way that can go. */
  const pump = (): void => {
    dealWithOverdue();
    for (const lane of lanes.values()) if (isOver(lane)) lanes.delete(lane.variantId);
    for (let lane = nextToRun(); lane; lane = nextToRun()) start(lane);
    for (const lane of lanes.values()) widen(lane);
    if (waiting > 0) loadNext();
    if (running === 0) onIdle();
  };

  /** The oldest is overdue first: one look at a time is enough. */
  const watchOverdue = async (leftMs: number): Promise<void> => {
    if (watching) return;
    watching = true;
    await clock.sleep(leftMs);
    watching = false;
    pump();
  };

  const dealWithOverdue = (): void => {
    for (const ticket of punctual.values()) {
      const leftMs = ticket.sinceMs + limits.maxWaitMs - clock.nowMs();
      if (leftMs > 0) return void watchOverdue(leftMs);
      const { queue } = ticket.lane;
      punctual.delete(ticket.sequence);
      queue.splice(queue.indexOf(ticket), 1);
      if (limits.whenOverdue === 'delay') enqueue(queue, { ...ticket, overdue: true });
      else {
        waiting--;
        ticket.reject(tooLong(limits.maxWaitMs));
      }
    }
  };

  const isOver = ({ queue, running: runs, loading, widening }: Lane): boolean =>
    queue.length === 0 && runs === 0 && !loading && !widening;

  /** The lane whose first request goes before all others that could run now. */
  const nextToRun = (): Lane | undefined => {
    let best: Lane | undefined;
    for (const lane of lanes.values()) {
      if (lane.queue.length === 0 || !hasWorker(lane) || isHeldBack(lane)) continue;
      if (!best || compareWaiting(lane.queue[0]!, best.queue[0]!) < 0) best = lane;
    }
    return best;
  };

  const isInline = ({ tier }: Lane): boolean => loader.threadOf(tier) === 'inline';

  const hasWorker = (lane: Lane): boolean =>
    lane.running < loader.seats(lane.tier) && (isInline(lane) || busyWorkers < workers());

  const isHeldBack = ({ queue, running: runs, load, company }: Lane): boolean => {
    const situation = { limits, company, busy: runs > 0, nowMs: clock.nowMs(), runMs: load.expectedRunMs };
    const waitMs = holdBackMs(queue, situation);
    if (waitMs > 0) void pumpIn(waitMs);
    return waitMs > 0;
  };

  /** Looks again after a while. Each look is at everything, so a later one need not be asked for as well. */
  const pumpIn = async (waitMs: number): Promise<void> => {
    const atMs = clock.nowMs() + waitMs;
    if (atMs >= lookAtMs) return;
    lookAtMs = atMs;
    await clock.sleep(waitMs);
    if (lookAtMs === atMs) lookAtMs = Infinity;
    pump();
  };

  const start = (lane: Lane): void => {
    const nowMs = clock.nowMs();
    const inline = isInline(lane);
    const batch = takeBatch(lane.queue, { maxBatch: limits.maxBatch, nowMs, runMs: lane.load.expectedRunMs });
    waiting -= batch.length;
    for (const { sequence: id } of batch) punctual.delete(id);
    lane.company = batch.length;
    lane.running++;
    running++;
    if (!inline) busyWorkers++;
    void execute(lane, batch, nowMs).finally(() => {
      lane.running--;
      running--;
      if (!inline) busyWorkers--;
      pump();
    });
  };

  /** Runs a batch and settles, or queues again, everyone in it. Never rejects. */
  const execute = async (lane: Lane, batch: readonly Ticket[], startMs: number): Promise<void> => {
    const [{ job }] = batch as [Ticket];
    let lease: Lease | undefined;
    try {
      lease = await loader.acquire(job.tier, job.load);
      const { session } = lease;
      const outputs =
        batch.length === 1 ? [await session.run(job.input)] : await session.runBatch(batch.map(({ input }) => input));
      for (const [i, { resolve, sinceMs, warm }] of batch.entries()) {
        const waitedMs = startMs - sinceMs;
        resolve({ output: outputs[i]!, report: session.report, waitedMs, warm, batch: batch.length });
      }
    } catch (error) {
      const died = lease ? !lease.session.alive : !loader.isLoaded(job.tier);
      if (died) loader.discard(job.tier, 'ended');
      // The fault may be one text's: each gets another try without company, and a worker that is gone a fresh one.
      for (const ticket of batch) {
        if (!ticket.alone && !closed && (died || batch.length > 1)) again({ ...ticket, alone: true }, lane);
        else ticket.reject(error);
      }
    } finally {
      lease?.done();
    }
  };

  const again = (ticket: Ticket, lane: Lane): void => {
    if (ticket.job.signal?.aborted) return;
    lanes.set(lane.variantId, lane);
    waiting++;
    enqueue(lane.queue, ticket);
  };

  /** One load at a time, and the one that most wait for: each may take the memory of another. */
  const loadNext = (): void => {
    const all = [...lanes.values()];
    if (closed || all.some(({ loading }) => loading)) return;
    const absent = all.filter(({ queue, tier }) => queue.length > 0 && !loader.isLoaded(tier));
    if (absent.length === 0) return;
    const present = all.filter(({ queue, tier }) => queue.length > 0 && loader.isLoaded(tier));
    const wanted = new Set(present.map(({ variantId }) => variantId));
    const { chosen, lookAgainMs } = nextLoad(absent, {
      nowMs: clock.nowMs(),
      // What would have to go for it, of what others wait for.
      displaces: ({ tier, load }) =>
        present.filter((lane) => loader.evictedFor(tier, load, wanted).has(lane.variantId)),
    });
    if (chosen) void loadLane(chosen, wanted);
    else if (lookAgainMs !== undefined) void pumpIn(lookAgainMs);
  };

  const loadLane = async (lane: Lane, wanted: ReadonlySet<string>): Promise<void> => {
    lane.loading = true;
    try {
      await loader.load(lane.tier, lane.load, wanted);
    } catch (error) {
      // What cannot be loaded cannot answer: everyone who waits for it is told.
      refuse(lane, error);
    }
    lane.loading = false;
    pump();
  };

  const refuse = (lane: Lane, error: unknown): void => {
    waiting -= lane.queue.length;
    for (const { reject, sequence: id } of lane.queue.splice(0)) {
      punctual.delete(id);
      reject(error);
    }
  };

  /** Another worker for a variant whose requests pile up while a core is free. */
  const widen = (lane: Lane): void => {
    const { tier, queue, widening, loading } = lane;
    const seats = loader.seats(tier);
    if (closed || widening || loading || queue.length < WIDEN_FROM || clock.nowMs() < lane.widenFromMs) return;
    if (seats === 0 || lane.running < seats || isInline(lane)) return;
    if (busyWorkers >= workers() || seats >= workers()) return;
    lane.widening = true;
    void loader.widen(tier, lane.load).then((widened) => {
      lane.widening = false;
      if (!widened) lane.widenFromMs = clock.nowMs() + WIDEN_PAUSE_MS;
      pump();
    });
  };

  const submit = (job: Job): Promise<Ran> => {
    const { signal, input, tier, priority = 'normal', deadlineAtMs = Infinity } = job;
    if (closed) return Promise.reject(runtimeClosed());
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (waiting >= limits.maxWaiting) return Promise.reject(tooMany(waiting));
    const lane = laneOf(job);
    return new Promise((resolve, reject) => {
      const id = sequence++;
      const settle = (): void => signal?.removeEventListener('abort', onAbort);
      const onAbort = (): void => {
        const index = lane.queue.findIndex((each) => each.sequence === id);
        if (index !== -1) {
          lane.queue.splice(index, 1);
          punctual.delete(id);
          waiting--;
        }
        settle();
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting++;
      const ticket: Ticket = {
        job,
        lane,
        input,
        priority,
        deadlineAtMs,
        sinceMs: clock.nowMs(),
        sequence: id,
        alone: false,
        overdue: false,
        warm: loader.isLoaded(tier),
        resolve(ran) {
          settle();
          resolve(ran);
        },
        reject(error) {
          settle();
          reject(error as Error);
        },
      };
      enqueue(lane.queue, ticket);
      if (limits.maxWaitMs < Infinity) punctual.set(id, ticket);
      pump();
    });
  };

  return {
    waiting: () => waiting,
    isIdle: () => waiting + running === 0,
    async run(job) {
      if (closed || loader.isHere(job.tier)) return submit(job);
      const fromMs = clock.nowMs();
      // Before it is queued: a download holds up nobody but who waits for it.
      await loader.fetch(job.tier, job.signal);
      const fetchMs = clock.nowMs() - fromMs;
      const ran = await submit(job);
      return { ...ran, waitedMs: ran.waitedMs + fetchMs };
    },
    async close() {
      closed = true;
      for (const lane of lanes.values()) refuse(lane, runtimeClosed());
      if (running > 0) await new Promise<void>((resolve) => (onIdle = resolve));
    },
  };
}

const tooMany = (waiting: number): OverloadedError =>
  new OverloadedError({
    message: `${waiting} requests are waiting already.`,
    hint: 'Send fewer at a time, or give the device more cores or a lighter ladder.',
    facts: { waiting },
  });

const tooLong = (maxWaitMs: number): OverloadedError =>
  new OverloadedError({
    message: `The request waited for ${maxWaitMs} ms and had not begun to run.`,
    hint: 'Send fewer at a time, or give the device more cores or a lighter ladder.',
    facts: { maxWaitMs },
  });
