import type { Tier } from '../catalog/tier.js';
import { OverloadedError } from '../errors/overloaded-error.js';
import type { Lease, Loader, LoadOptions } from '../load/loader.js';
import type { Clock } from '../ports/clock.js';
import type { EngineInput, EngineOutput, LoadReport } from '../ports/model-engine.js';
import { nextLoad } from './next-load.js';
import {
  enqueue,
  holdBackMs,
  takeBatch,
  compareWaiting,
  type BatchLimits,
  type Priority,
  type Waiting,
} from './queue.js';

/** One run of one tier that somebody waits for. */
export interface Job {
  readonly tier: Tier;
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
  /** From the call to the start of the run: for a worker, for the model to be loaded, for company. */
  readonly waitedMs: number;
  /** Requests that shared the run, this one included. */
  readonly batch: number;
}

/** Everything that runs a tier goes through here: who goes first, who shares a run, and which worker does it. */
export interface Scheduler {
  /**
   * @throws OverloadedError when too many wait, the signal's reason when it aborts, and what the load or the run
   *   failed with
   */
  run(job: Job): Promise<Ran>;
  /** Requests that have not begun to run. */
  waiting(): number;
}

export interface SchedulerLimits extends BatchLimits {
  /** Requests that may wait; the next one is refused. */
  readonly maxWaiting: number;
}

export const DEFAULT_LIMITS: SchedulerLimits = { maxBatch: 8, maxDelayMs: 1, maxWaiting: 100_000 };

/** So many requests behind a busy worker are worth another one. */
const WIDEN_FROM = 4;
/** When there was no memory for another worker, it is tried again after this time. */
const WIDEN_PAUSE_MS = 30_000;

interface Ticket extends Waiting {
  readonly job: Job;
  readonly resolve: (ran: Ran) => void;
  readonly reject: (error: unknown) => void;
}

/** The requests of one variant. */
interface Lane {
  readonly tier: Tier;
  readonly queue: Ticket[];
  load: LoadOptions;
  /** Batches under way. */
  running: number;
  /** Requests in the last one. */
  company: number;
  /** It runs on the calling thread and takes no worker. */
  inline: boolean;
  /** Its model is on its way: `fetching` its files, or `loading` them. */
  coming: 'fetching' | 'fetched' | 'loading' | undefined;
  widening: boolean;
  widenFromMs: number;
}

const NEW_LANE = { running: 0, company: 1, inline: false, coming: undefined, widening: false, widenFromMs: 0 };

/**
 * @param workers how many single-thread runs the device does best at once
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
  let busyWorkers = 0;
  let held = false;

  const laneOf = ({ tier, load }: Job): Lane => {
    const id = tier.variant.weights.sha256;
    let lane = lanes.get(id);
    if (!lane) {
      lane = { tier, queue: [], load, ...NEW_LANE };
      lanes.set(id, lane);
    }
    lane.load = load;
    return lane;
  };

  /** Sends everything on its way that can go. */
  const pump = (): void => {
    for (const lane of lanes.values()) {
      if (lane.queue.length === 0) {
        if (lane.running === 0 && !lane.coming && !lane.widening) lanes.delete(lane.tier.variant.weights.sha256);
      } else if (!loader.isLoaded(lane.tier)) bring(lane);
    }
    for (let lane = nextToRun(); lane; lane = nextToRun()) start(lane);
    for (const lane of lanes.values()) widen(lane);
    loadNext();
  };

  /** The lane whose first request goes before all others that could run now. */
  const nextToRun = (): Lane | undefined => {
    let best: Lane | undefined;
    for (const lane of lanes.values()) {
      if (lane.queue.length === 0 || !hasWorker(lane) || isHeldBack(lane)) continue;
      if (!best || compareWaiting(lane.queue[0]!, best.queue[0]!) < 0) best = lane;
    }
    return best;
  };

  const hasWorker = (lane: Lane): boolean =>
    lane.running < loader.seats(lane.tier) && (lane.inline || busyWorkers < Math.max(1, workers()));

  const isHeldBack = (lane: Lane): boolean => {
    const { queue, running, load, company } = lane;
    const situation = { limits, company, busy: running > 0, nowMs: clock.nowMs(), runMs: load.expectedRunMs };
    const waitMs = holdBackMs(queue, situation);
    if (waitMs > 0 && !held) {
      held = true;
      void clock.sleep(waitMs).then(() => {
        held = false;
        pump();
      });
    }
    return waitMs > 0;
  };

  const start = (lane: Lane): void => {
    const { maxBatch } = limits;
    const nowMs = clock.nowMs();
    const batch = takeBatch(lane.queue, { maxBatch, nowMs, runMs: lane.load.expectedRunMs });
    waiting -= batch.length;
    lane.company = batch.length;
    lane.running++;
    const { inline } = lane;
    if (!inline) busyWorkers++;
    void execute(lane, batch, nowMs).finally(() => {
      lane.running--;
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
      lane.inline = session.report.thread === 'inline';
      const outputs =
        batch.length === 1 ? [await session.run(job.input)] : await session.runBatch(batch.map(({ input }) => input));
      for (const [i, { resolve, sinceMs }] of batch.entries()) {
        resolve({
          output: outputs[i]!,
          report: session.report,
          waitedMs: startMs - sinceMs,
          batch: batch.length,
        });
      }
    } catch (error) {
      const died = lease !== undefined && !lease.session.alive;
      if (died) loader.discard(job.tier, 'ended');
      // The fault may be one text's: each gets another try without company, and a worker that is gone a fresh one.
      for (const ticket of batch) {
        if (!ticket.alone && (died || batch.length > 1)) again({ ...ticket, alone: true }, lane);
        else ticket.reject(error);
      }
    } finally {
      lease?.done();
    }
  };

  const again = (ticket: Ticket, lane: Lane): void => {
    if (ticket.job.signal?.aborted) return;
    waiting++;
    enqueue(lane.queue, ticket);
  };

  /** Fetches what a lane needs; several lanes may do so at once, while the others run. */
  const bring = (lane: Lane): void => {
    if (lane.coming) return;
    lane.coming = 'fetching';
    loader.fetch(lane.tier).then(
      () => {
        lane.coming = 'fetched';
        pump();
      },
      (error: unknown) => fail(lane, error),
    );
  };

  /** One load at a time, and the one that most wait for: each may take the memory of another. */
  const loadNext = (): void => {
    const all = [...lanes.values()];
    if (all.some(({ coming }) => coming === 'loading')) return;
    for (const lane of all) if (lane.coming === 'fetched' && lane.queue.length === 0) lane.coming = undefined;
    const lane = nextLoad(
      all.filter(({ coming }) => coming === 'fetched'),
      clock.nowMs(),
    );
    if (!lane) return;
    lane.coming = 'loading';
    void load(lane);
  };

  const load = async (lane: Lane): Promise<void> => {
    try {
      const lease = await loader.acquire({ ...lane.tier, delta: undefined }, lane.load);
      lease.done();
      lane.inline = lease.session.report.thread === 'inline';
      lane.coming = undefined;
      pump();
    } catch (error) {
      fail(lane, error);
    }
  };

  /** What cannot be loaded cannot answer: everyone who waits for it is told. */
  const fail = (lane: Lane, error: unknown): void => {
    lane.coming = undefined;
    waiting -= lane.queue.length;
    for (const { reject } of lane.queue.splice(0)) reject(error);
    pump();
  };

  /** Another worker for a variant whose requests pile up while a core is free. */
  const widen = (lane: Lane): void => {
    const { tier, queue, running, inline, widening, coming } = lane;
    const nowMs = clock.nowMs();
    if (inline || widening || coming || queue.length < WIDEN_FROM || nowMs < lane.widenFromMs) return;
    if (running < loader.seats(tier) || busyWorkers >= workers() || loader.seats(tier) >= workers()) return;
    lane.widening = true;
    void loader.widen(tier, lane.load).then((widened) => {
      lane.widening = false;
      if (!widened) lane.widenFromMs = clock.nowMs() + WIDEN_PAUSE_MS;
      pump();
    });
  };

  return {
    waiting: () => waiting,
    run(job) {
      const { signal, input, priority = 'normal', deadlineAtMs = Infinity } = job;
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      if (waiting >= limits.maxWaiting) return Promise.reject(tooMany(waiting));
      const lane = laneOf(job);
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          const index = lane.queue.findIndex((each) => each.sequence === ticket.sequence);
          if (index !== -1) {
            lane.queue.splice(index, 1);
            waiting--;
          }
          ticket.reject(signal!.reason);
        };
        const settle = (): void => signal?.removeEventListener('abort', onAbort);
        const ticket: Ticket = {
          job,
          input,
          priority,
          deadlineAtMs,
          sinceMs: clock.nowMs(),
          sequence: sequence++,
          alone: false,
          resolve(ran) {
            settle();
            resolve(ran);
          },
          reject(error) {
            settle();
            reject(error as Error);
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting++;
        enqueue(lane.queue, ticket);
        pump();
      });
    },
  };
}

function tooMany(waiting: number): OverloadedError {
  return new OverloadedError({
    message: `${waiting} requests are waiting already.`,
    hint: 'Send fewer at a time, or give the device more cores or a lighter ladder.',
    facts: { waiting },
  });
}
