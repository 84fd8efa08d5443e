import type { Tier } from '../catalog/tier.js';
import type { Clock } from '../ports/clock.js';
import type { EngineSession, LoadReport, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineModel } from './engine-model.js';
import { inFlight } from './in-flight.js';
import { createMemoryKeeper, type MemoryPolicy } from './memory-keeper.js';
import { Seat } from './seat.js';
import { waitFor } from './wait-for.js';

/** One load, as the ledger keeps it. */
export interface LoadEvent {
  readonly tier: Tier;
  readonly report: LoadReport;
  /** Variant id this one takes over from. */
  readonly replaces: string | undefined;
}

/** How a tier is to be loaded. */
export interface LoadOptions {
  readonly provider: string;
  readonly expectedRunMs: number;
  /** What the load is expected to add at its highest point; three times the file where nobody says. */
  readonly memoryBytes?: number;
}

/** A loaded tier; `done` gives it back. */
export interface Lease {
  readonly session: EngineSession;
  readonly done: () => void;
}

export interface Loader {
  isLoaded(tier: Tier): boolean;
  /** Workers that hold the tier's variant. */
  seats(tier: Tier): number;
  /** Resident bytes that loaded variants took at their peak. */
  loadedBytes(): number;
  /** Brings the files of the tier within reach; a download is shared by all who ask. */
  fetch(tier: Tier): Promise<void>;
  /**
   * The least busy session of the tier with its delta attached. A variant that is not loaded is loaded, once however
   * many ask, and takes the place of what was used least recently when memory is short. An abort ends the wait of
   * one caller, not the load.
   */
  acquire(tier: Tier, options: LoadOptions, signal?: AbortSignal): Promise<Lease>;
  /** One more worker for a loaded variant. False when that would take memory from another, or failed. */
  widen(tier: Tier, options: LoadOptions): Promise<boolean>;
  /** Lets go of a variant that failed, or of the sessions of it that have ended, so that the next caller loads anew. */
  discard(tier: Tier, which?: 'all' | 'ended'): void;
  close(): Promise<void>;
}

/** Says no to a session that must not be offered, such as one that answers wrongly. */
export type Inspect = (loaded: {
  readonly session: EngineSession;
  readonly tier: Tier;
  readonly provider: string;
}) => Promise<void>;

/**
 * Loads tiers and keeps them. Make before break: a new variant of a model is loaded and has answered
 * its warm-up before the old one is let go, and the old one stays until its last run is over.
 */
export function createLoader({
  engine,
  store,
  onLoad,
  inspect,
  memory,
}: {
  engine: ModelEngine;
  store: ModelStore;
  onLoad: (event: LoadEvent) => void;
  inspect?: Inspect | undefined;
  /** Without one, everything that is loaded stays. */
  memory?: MemoryPolicy & { readonly clock: Clock };
}): Loader {
  const loaded = new Map<string, Seat[]>();
  const loads = inFlight<Seat>();
  const fetches = inFlight<void>();
  const keeper = createMemoryKeeper({ engine, memory, retire, replace });
  const nowMs = (): number => memory?.clock.nowMs() ?? 0;
  const variantOf = (tier: Tier): string => tier.variant.weights.sha256;
  const seatsOf = (tier: Tier): Seat[] => loaded.get(variantOf(tier)) ?? [];

  async function load(tier: Tier, options: LoadOptions, mayEvict = true): Promise<Seat> {
    const { provider } = options;
    const model = await engineModel(tier, { store, ...options });
    const { memoryBytes = 3 * model.weights.bytes } = options;
    return keeper.withRoom(memoryBytes, mayEvict, async () => {
      const session = await engine.load(model);
      await inspect?.({ session, tier, provider }).catch(async (error: unknown) => {
        await session.release().catch(() => undefined);
        throw error;
      });
      const seat = new Seat({ session, tier, provider, store, nowMs: nowMs(), onReleased: keeper.released });
      const older = [...loaded.values()].flat().filter((each) => each.tier.model.id === tier.model.id);
      const replaced = older.find((each) => variantOf(each.tier) !== variantOf(tier));
      loaded.set(variantOf(tier), [...seatsOf(tier), seat]);
      for (const each of older) if (variantOf(each.tier) !== variantOf(tier)) retire(each);
      keeper.added(seat);
      onLoad({ tier, report: session.report, replaces: replaced && variantOf(replaced.tier) });
      return seat;
    });
  }

  function retire(seat: Seat): void {
    const others = seatsOf(seat.tier).filter((each) => each !== seat);
    if (others.length > 0) loaded.set(variantOf(seat.tier), others);
    else loaded.delete(variantOf(seat.tier));
    seat.retire();
  }

  /** Make before break where there is room for both; otherwise the next request loads it anew. */
  async function replace(seat: Seat): Promise<void> {
    const { provider, tier, session } = seat;
    const options = { provider, expectedRunMs: session.report.warmRunMs, memoryBytes: seat.bytes };
    await load(tier, options, false).catch(() => undefined);
    if (!seat.retired) retire(seat);
  }

  /** The one with the fewest runs under way. */
  const leastBusy = (tier: Tier): Seat | undefined => seatsOf(tier).toSorted((a, b) => a.leases - b.leases)[0];

  return {
    isLoaded: (tier) => loaded.has(variantOf(tier)),
    seats: (tier) => seatsOf(tier).length,
    loadedBytes: () => keeper.heldBytes(),
    fetch: (tier) =>
      fetches(variantOf(tier), async () => {
        await engineModel(tier, { store, provider: '', expectedRunMs: 0 });
      }),
    async acquire(tier, options, signal) {
      signal?.throwIfAborted();
      let seat = leastBusy(tier);
      // Another variant of the model may have taken over between the end of the load and this caller's turn.
      while (!seat || seat.retired)
        seat = await waitFor(
          loads(variantOf(tier), () => load(tier, options)),
          signal,
        );
      const held = seat;
      held.hold(nowMs());
      const done = (): void => {
        held.letGo(nowMs());
        keeper.used();
      };
      try {
        await waitFor(held.attach(tier), signal);
        return { session: held.session, done };
      } catch (error) {
        done();
        throw error;
      }
    },
    async widen(tier, options) {
      if (!loaded.has(variantOf(tier))) return false;
      return load(tier, options, false).then(
        () => true,
        () => false,
      );
    },
    discard(tier, which = 'all') {
      for (const seat of seatsOf(tier)) if (which === 'all' || !seat.session.alive) retire(seat);
    },
    async close() {
      loaded.clear();
      keeper.close();
      await engine.close();
    },
  };
}
