import type { Clock } from '../ports/clock.js';
import type { ModelEngine } from '../ports/model-engine.js';
import { RUNTIME_BYTES } from '../recommend/predict.js';
import { chooseEvictions, chooseIdle, chooseRecycling, nextIdleMs, recyclingPauseMs } from './residency.js';
import type { Seat } from './seat.js';

export interface MemoryPolicy {
  /** Most that loaded models may take; asked before each load. */
  readonly ceilingBytes: () => number;
  /** A model that nobody used for so long is unloaded. */
  readonly idleUnloadMs: number;
  readonly clock: Clock;
}

/** What a load needs, and what it may not take away for it. */
export interface RoomNeeded {
  readonly bytes: number;
  /** Whether other seats may go for it. */
  readonly mayEvict: boolean;
  /** Variants that requests wait for: they go last. */
  readonly wanted: ReadonlySet<string>;
}

/** How often the memory of the whole process is looked at. */
const LOOK_EVERY_MS = 1000;

/** There is no room, and none may be made. */
export class NoRoom extends Error {}

export type MemoryKeeper = ReturnType<typeof createMemoryKeeper>;

/** Keeps the seats within their memory: makes room before a load, unloads what is idle, replaces what grew. */
export function createMemoryKeeper({
  engine,
  memory,
  retire,
  replace,
}: {
  engine: ModelEngine;
  memory: MemoryPolicy | undefined;
  retire: (seat: Seat) => void;
  replace: (seat: Seat) => Promise<void>;
}) {
  /** Every seat whose memory is not free yet, retired ones included. */
  const seats = new Set<Seat>();
  const startBytes = engine.residentBytes() ?? 0;
  const closing = new AbortController();
  /** Bytes of the load under way. */
  let coming = 0;
  let waiting: (() => void)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let asleep = false;
  let lookedMs = -Infinity;
  let recycled = { atMs: -Infinity, residentBytes: 0, inVain: 0 };

  const residents = (wanted: ReadonlySet<string> = new Set()) => {
    const staying = [...seats].filter(({ retired, trial }) => !retired && !trial);
    const workers = new Map<string, number>();
    for (const { variantId } of staying) workers.set(variantId, (workers.get(variantId) ?? 0) + 1);
    return staying.map((seat) => {
      const { bytes, loadedBytes, lastUsedMs, leases, runs, inline, variantId } = seat;
      const spare = workers.get(variantId)! > 1;
      return { seat, bytes, loadedBytes, lastUsedMs, leases, runs, inline, spare, wanted: wanted.has(variantId) };
    });
  };

  const evictionsFor = ({ bytes, wanted }: RoomNeeded): Seat[] => {
    const ceilingBytes = memory?.ceilingBytes() ?? Infinity;
    return chooseEvictions(residents(wanted), { neededBytes: bytes, ceilingBytes }).map(({ seat }) => seat);
  };

  /** @throws NoRoom when nothing may be evicted */
  const makeRoom = async (needed: RoomNeeded): Promise<void> => {
    const evicted = evictionsFor(needed);
    if (evicted.length > 0 && !needed.mayEvict) throw new NoRoom();
    for (const seat of evicted) retire(seat);
    const ceilingBytes = memory?.ceilingBytes() ?? Infinity;
    const trials = [...seats].filter(({ trial }) => trial);
    if (bytesOf([...seats]) + needed.bytes > ceilingBytes) for (const seat of trials) seat.retire();
    while (bytesOf([...seats]) + needed.bytes > ceilingBytes && [...seats].some(({ retired }) => retired)) {
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
  };

  const unloadIdle = async (): Promise<void> => {
    if (!memory || asleep) return;
    const { clock, idleUnloadMs } = memory;
    asleep = true;
    for (;;) {
      const waitMs = nextIdleMs(residents(), clock.nowMs(), idleUnloadMs);
      if (waitMs === undefined || waitMs === Infinity || closing.signal.aborted) break;
      await clock.sleep(Math.max(1, waitMs), closing.signal);
      for (const { seat } of chooseIdle(residents(), clock.nowMs(), idleUnloadMs)) retire(seat);
    }
    asleep = false;
  };

  /** Replaces a worker when it or the process has outgrown its models, and leaves the others alone while that does not help. */
  const recycle = (nowMs: number, ceilingBytes: number): void => {
    if (nowMs - recycled.atMs < recyclingPauseMs(recycled.inVain)) return;
    const residentBytes = engine.residentBytes();
    const chosen = chooseRecycling(residents(), { residentBytes, ceilingBytes });
    if (!chosen || residentBytes === undefined) return;
    const inVain = residentBytes >= recycled.residentBytes ? recycled.inVain + 1 : 0;
    recycled = { atMs: nowMs, residentBytes, inVain: recycled.residentBytes === 0 ? 0 : inVain };
    void replace(chosen.seat);
  };

  return {
    /** What the seats hold, those that are still ending and the one that is being loaded included. */
    heldBytes: (): number => bytesOf([...seats]) + coming,
    /** Which variants would go for a load. */
    evictedFor: (needed: RoomNeeded): Set<string> => new Set(evictionsFor(needed).map(({ variantId }) => variantId)),
    /** Runs one load at a time, when there is room for it. */
    withRoom<T>(needed: RoomNeeded, load: () => Promise<T>): Promise<T> {
      const before = turn;
      const work = (async () => {
        await before.catch(() => undefined);
        await makeRoom(needed);
        coming = needed.bytes;
        try {
          return await load();
        } finally {
          coming = 0;
        }
      })();
      turn = work.catch(() => undefined);
      return work;
    },
    added(seat: Seat): void {
      seats.add(seat);
      void unloadIdle();
    },
    released(seat: Seat): void {
      seats.delete(seat);
      const told = waiting;
      waiting = [];
      for (const each of told) each();
    },
    /** Called after each run. */
    used(): void {
      const nowMs = memory?.clock.nowMs() ?? 0;
      if (!memory || nowMs - lookedMs < LOOK_EVERY_MS) return;
      lookedMs = nowMs;
      recycle(nowMs, startBytes + RUNTIME_BYTES + memory.ceilingBytes());
    },
    close(): void {
      closing.abort();
      seats.clear();
    },
  };
}

const bytesOf = (seats: readonly Seat[]): number => seats.reduce((sum, { bytes }) => sum + bytes, 0);
