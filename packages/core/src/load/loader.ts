import type { LocalTier } from '../catalog/tier.js';
import type { EngineSession, LoadReport, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineModel } from './engine-model.js';
import { createFetches } from './fetches.js';
import { inFlight } from './in-flight.js';
import { createMemoryKeeper, NoRoom, type MemoryPolicy, type RoomNeeded } from './memory-keeper.js';
import { Seat } from './seat.js';
import { createTrials, type Trials } from './trials.js';
import { waitFor } from '../wait/wait-for.js';

/** One load, as the ledger keeps it. */
export interface LoadEvent {
  readonly tier: LocalTier;
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

export interface Loader extends Pick<Trials, 'tryOut'> {
  isLoaded(tier: LocalTier): boolean;
  /** Workers that hold the tier's variant. */
  seats(tier: LocalTier): number;
  /** With what the tier's variant runs; undefined while it is not loaded. */
  providerOf(tier: LocalTier): string | undefined;
  /** Where the tier runs; undefined while it is not loaded. */
  threadOf(tier: LocalTier): LoadReport['thread'] | undefined;
  /** Resident bytes that loaded variants took at their peak. */
  loadedBytes(): number;
  /** Whether the tier's files, those of its delta included, are within reach. */
  isHere(tier: LocalTier): boolean;
  /** Brings them there. An abort ends the wait of one caller; the download ends when nobody waits for it. */
  fetch(tier: LocalTier, signal?: AbortSignal): Promise<void>;
  /** Variants that would have to go if the tier were loaded now. */
  evictedFor(tier: LocalTier, options: LoadOptions, wanted: ReadonlySet<string>): ReadonlySet<string>;
  /**
   * Loads the tier's variant, once however many ask; it takes the place of what was used least recently when memory
   * is short.
   * @param wanted variants that requests wait for: they go last
   */
  load(tier: LocalTier, options: LoadOptions, wanted?: ReadonlySet<string>): Promise<void>;
  /**
   * The least busy session of the tier with its delta attached; loads it where it is not. An abort ends the wait of
   * one caller, not the load.
   */
  acquire(tier: LocalTier, options: LoadOptions, signal?: AbortSignal): Promise<Lease>;
  /** One more worker for a loaded variant. False when that would take memory from another, or failed. */
  widen(tier: LocalTier, options: LoadOptions): Promise<boolean>;
  /**
   * Loads a tier in the place of what is loaded of its model, another variant or with another provider, where there is
   * room for both. Otherwise what is loaded goes first, and the next caller loads anew.
   * @throws what the load fails with; then everything stays as it is
   */
  takeOver(tier: LocalTier, options: LoadOptions): Promise<void>;
  /** Lets go of a variant that failed, or of the sessions of it that have ended, so that the next caller loads anew. */
  discard(tier: LocalTier, which?: 'all' | 'ended'): void;
  close(): Promise<void>;
}

/** Says no to a session that must not be offered, such as one that answers wrongly. */
export type Inspect = (loaded: {
  readonly session: EngineSession;
  readonly tier: LocalTier;
  readonly provider: string;
  /** What was predicted of one run. */
  readonly expectedRunMs: number;
}) => Promise<void>;

/** What was to have another worker is loaded no longer. */
class Superseded extends Error {}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Loads tiers and keeps them. Make before break: a new variant of a model is loaded and has answered
 * its warm-up before the old one is let go, and the old one stays until its last run is over.
 */
export function createLoader({
  engine,
  store,
  onLoad,
  onLost = () => undefined,
  inspect,
  memory,
}: {
  engine: ModelEngine;
  store: ModelStore;
  onLoad: (event: LoadEvent) => void;
  /** Told of a session that has ended by itself. */
  onLost?: ((seat: Pick<Seat, 'tier' | 'provider'>) => void) | undefined;
  inspect?: Inspect | undefined;
  /** Without one, everything that is loaded stays. */
  memory?: MemoryPolicy;
}): Loader {
  const loaded = new Map<string, Seat[]>();
  const loads = inFlight<Seat>();
  const fetches = createFetches(store);
  const keeper = createMemoryKeeper({ engine, memory, retire, replace });
  const nowMs = (): number => memory?.clock.nowMs() ?? 0;
  const variantOf = (tier: LocalTier): string => tier.variant.weights.sha256;
  const seatsOf = (tier: LocalTier): Seat[] => loaded.get(variantOf(tier)) ?? [];
  const roomFor = (tier: LocalTier, { memoryBytes = 3 * tier.variant.weights.bytes }: LoadOptions): RoomNeeded => ({
    bytes: memoryBytes,
    mayEvict: true,
    wanted: NOBODY,
  });

  const trials = createTrials({ engine, store, keeper, nowMs, roomFor });
  const sameModel = ({ model }: LocalTier): Seat[] =>
    [...loaded.values()].flat().filter((each) => each.tier.model.id === model.id);

  /** @param isWanted whether what it adds to, or takes over from, is still there */
  async function addSeat(
    tier: LocalTier,
    options: LoadOptions,
    room: RoomNeeded,
    isWanted = (): boolean => true,
  ): Promise<Seat> {
    const { provider, expectedRunMs } = options;
    const model = await engineModel(tier, { store, ...options });
    trials.giveWay();
    return keeper.withRoom(room, async () => {
      if (!isWanted()) throw new Superseded();
      const session = await engine.load(model);
      await inspect?.({ session, tier, provider, expectedRunMs }).catch(async (error: unknown) => {
        await session.release().catch(() => undefined);
        throw error;
      });
      const seat = new Seat({ session, tier, provider, store, nowMs: nowMs(), onReleased: keeper.released });
      const older = sameModel(tier).filter((each) => each.variantId !== seat.variantId || each.provider !== provider);
      loaded.set(seat.variantId, [...seatsOf(tier), seat]);
      for (const each of older) retire(each);
      keeper.added(seat);
      onLoad({ tier, report: session.report, replaces: older[0]?.variantId });
      return seat;
    });
  }

  function retire(seat: Seat): void {
    if (!seat.retired && !seat.session.alive) onLost(seat);
    const others = seatsOf(seat.tier).filter((each) => each !== seat);
    if (others.length > 0) loaded.set(seat.variantId, others);
    else loaded.delete(seat.variantId);
    seat.retire();
  }

  /** Make before break where there is room for both; otherwise the next request loads it anew. */
  async function replace(seat: Seat): Promise<void> {
    const { provider, tier, session } = seat;
    const options = { provider, expectedRunMs: session.report.warmRunMs, memoryBytes: seat.loadedBytes };
    await addBeside(tier, options, () => seatsOf(tier).length > 0).catch(() => undefined);
    if (!seat.retired) retire(seat);
  }

  /** Takes nothing away for it. */
  const addBeside = (tier: LocalTier, options: LoadOptions, isWanted: () => boolean): Promise<Seat> =>
    addSeat(tier, options, { ...roomFor(tier, options), mayEvict: false }, isWanted);

  /** The one with the fewest runs under way. One whose thread has ended is none. */
  const leastBusy = (tier: LocalTier): Seat | undefined => {
    for (const seat of seatsOf(tier)) if (!seat.session.alive) retire(seat);
    return seatsOf(tier).toSorted((a, b) => a.leases - b.leases)[0];
  };

  const ensureSeat = async (tier: LocalTier, options: LoadOptions, wanted = NOBODY): Promise<Seat> => {
    let seat = leastBusy(tier);
    // Another variant of the model may have taken over between the end of the load and this caller's turn.
    while (!seat || seat.retired)
      seat = await loads(variantOf(tier), () => addSeat(tier, options, { ...roomFor(tier, options), wanted }));
    return seat;
  };

  return {
    isLoaded: (tier) => loaded.has(variantOf(tier)),
    seats: (tier) => seatsOf(tier).length,
    providerOf: (tier) => seatsOf(tier)[0]?.provider,
    threadOf: (tier) => seatsOf(tier)[0]?.session.report.thread,
    loadedBytes: () => keeper.heldBytes(),
    isHere: (tier) => fetches.has(tier),
    fetch: (tier, signal) => fetches.fetch(tier, signal),
    evictedFor: (tier, options, wanted) => keeper.evictedFor({ ...roomFor(tier, options), wanted }),
    async load(tier, options, wanted) {
      try {
        await ensureSeat(tier, options, wanted);
      } catch (error) {
        fetches.forget(tier);
        throw error;
      }
    },
    async acquire(tier, options, signal) {
      signal?.throwIfAborted();
      const seat = leastBusy(tier) ?? (await waitFor(ensureSeat(tier, options), signal));
      seat.hold(nowMs());
      const done = (): void => {
        seat.letGo(nowMs(), tier.delta);
        keeper.used();
      };
      try {
        const attaching = seat.attach(tier);
        if (attaching) await waitFor(attaching, signal);
        return { session: seat.session, done };
      } catch (error) {
        fetches.forget(tier);
        done();
        throw error;
      }
    },
    async widen(tier, options) {
      const [seat] = seatsOf(tier);
      if (!seat) return false;
      // Like those that are there: which provider is best is not decided here.
      return addBeside(tier, { ...options, provider: seat.provider }, () => seatsOf(tier).length > 0).then(
        () => true,
        () => false,
      );
    },
    async takeOver(tier, options) {
      try {
        await addBeside(tier, options, () => sameModel(tier).length > 0);
      } catch (error) {
        if (error instanceof NoRoom) for (const each of sameModel(tier)) retire(each);
        else if (!(error instanceof Superseded)) throw error;
      }
    },
    tryOut: trials.tryOut,
    discard(tier, which = 'all') {
      for (const seat of seatsOf(tier)) if (which === 'all' || !seat.session.alive) retire(seat);
    },
    async close() {
      loaded.clear();
      fetches.close();
      keeper.close();
      await engine.close();
    },
  };
}
