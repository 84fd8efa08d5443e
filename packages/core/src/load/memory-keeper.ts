import type { Clock } from '../ports/clock.js';
import type { ModelEngine } from '../ports/model-engine.js';
import { RUNTIME_BYTES } from '../recommend/predict.js';
import { chooseEvictions, chooseIdle, chooseRecycling, nextIdleMs, type Resident } from './residency.js';
import type { Seat } from './seat.js';

export interface MemoryPolicy {
  /** Most that loaded models may take; asked before each load. */
  readonly ceilingBytes: () => number;
  /** A model that nobody used for so long is unloaded. */
  readonly idleUnloadMs: number;
}

/** How often the memory of the whole process is looked at. */
const LOOK_EVERY_MS = 1000;

/** There is no room, and none may be made. */
class NoRoom extends Error {}

/** Keeps the seats within their memory: makes room before a load, unloads what is idle, replaces what grew. */
export function createMemoryKeeper({
  engine,
  memory,
  retire,
  replace,
}: {
  engine: ModelEngine;
  memory: (MemoryPolicy & { readonly clock: Clock }) | undefined;
  retire: (seat: Seat) => void;
  replace: (seat: Seat) => Promise<void>;
}) {
  /** Every seat whose memory is not free yet, retired ones included. */
  const seats = new Set<Seat>();
  const startBytes = engine.residentBytes() ?? 0;
  let waiting: (() => void)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let asleep = false;
  let closed = false;
  let lookedMs = -Infinity;
  let recycledMs = -Infinity;

  const residents = (): (Resident & { readonly seat: Seat; readonly runs: number })[] => {
    const staying = [...seats].filter(({ retired }) => !retired);
    const workers = new Map<string, number>();
    for (const { tier } of staying) {
      const id = tier.variant.weights.sha256;
      workers.set(id, (workers.get(id) ?? 0) + 1);
    }
    return staying.map((seat) => {
      const { bytes, lastUsedMs, leases, runs, tier } = seat;
      return { seat, bytes, lastUsedMs, leases, runs, spare: workers.get(tier.variant.weights.sha256)! > 1 };
    });
  };

  /** @throws NoRoom when nothing may be evicted */
  const makeRoom = async (neededBytes: number, mayEvict: boolean): Promise<void> => {
    const ceilingBytes = memory?.ceilingBytes() ?? Infinity;
    const evicted = chooseEvictions(residents(), { neededBytes, ceilingBytes });
    if (evicted.length > 0 && !mayEvict) throw new NoRoom();
    for (const { seat } of evicted) retire(seat);
    while (bytesOf([...seats]) + neededBytes > ceilingBytes && [...seats].some(({ retired }) => retired)) {
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
  };

  const unloadIdle = async (): Promise<void> => {
    if (!memory || asleep) return;
    asleep = true;
    for (;;) {
      const waitMs = nextIdleMs(residents(), memory.clock.nowMs(), memory.idleUnloadMs);
      if (waitMs === undefined || waitMs === Infinity || closed) break;
      await memory.clock.sleep(Math.max(1, waitMs));
      for (const { seat } of chooseIdle(residents(), memory.clock.nowMs(), memory.idleUnloadMs)) retire(seat);
    }
    asleep = false;
  };

  return {
    /** What the seats hold, those that are still ending included. */
    heldBytes: (): number => bytesOf([...seats]),
    /**
     * Runs one load at a time, when there is room for it.
     * @param mayEvict whether seats of other variants may go for it
     */
    async withRoom<T>(neededBytes: number, mayEvict: boolean, load: () => Promise<T>): Promise<T> {
      const before = turn;
      const work = (async () => {
        await before.catch(() => undefined);
        await makeRoom(neededBytes, mayEvict);
        return load();
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
      const now = memory?.clock.nowMs() ?? 0;
      if (!memory || now - lookedMs < LOOK_EVERY_MS) return;
      lookedMs = now;
      const chosen = chooseRecycling(residents(), {
        residentBytes: engine.residentBytes(),
        ceilingBytes: startBytes + RUNTIME_BYTES + memory.ceilingBytes(),
        sinceLastMs: now - recycledMs,
      });
      if (!chosen) return;
      recycledMs = now;
      void replace(chosen.seat);
    },
    close(): void {
      closed = true;
      seats.clear();
    },
  };
}

const bytesOf = (seats: readonly Seat[]): number => seats.reduce((sum, { bytes }) => sum + bytes, 0);
