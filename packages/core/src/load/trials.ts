import type { LocalTier } from '../catalog/tier.js';
import type { EngineSession, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineModel } from './engine-model.js';
import type { LoadOptions } from './loader.js';
import { NoRoom, type MemoryKeeper, type RoomNeeded } from './memory-keeper.js';
import { GaveWay, Seat } from './seat.js';

/** Sessions that are tried out beside those in use, and never offered. */
export interface Trials {
  /**
   * Has work done by a session of its own. It takes no memory from what is in use, and gives way to it.
   * @param work ends soon after its signal aborts
   * @returns undefined when there was no room, or when it gave way
   * @throws what the load or the work fails with, and the signal's reason
   */
  tryOut<T>(
    tier: LocalTier,
    options: LoadOptions,
    work: (session: EngineSession, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined>;
  /** Ends a trial that is being loaded: one load is made at a time, and others wait behind it. */
  giveWay(): void;
}

export function createTrials({
  engine,
  store,
  keeper,
  nowMs,
  roomFor,
}: {
  engine: ModelEngine;
  store: ModelStore;
  keeper: MemoryKeeper;
  nowMs: () => number;
  roomFor: (tier: LocalTier, options: LoadOptions) => RoomNeeded;
}): Trials {
  const loading = new Set<AbortController>();

  const seat = async (tier: LocalTier, options: LoadOptions, trial: AbortController): Promise<Seat> => {
    const { provider } = options;
    const { signal } = trial;
    const model = await engineModel(tier, { store, ...options, signal });
    loading.add(trial);
    try {
      return await keeper.withRoom({ ...roomFor(tier, options), mayEvict: false }, async () => {
        signal.throwIfAborted();
        const session = await engine.load(model, { signal });
        const each = { session, tier, provider, store, nowMs: nowMs(), onReleased: keeper.released, trial };
        const tried = new Seat(each);
        tried.hold(nowMs());
        keeper.added(tried);
        return tried;
      });
    } finally {
      loading.delete(trial);
    }
  };

  return {
    async tryOut(tier, options, work, signal) {
      signal.throwIfAborted();
      const trial = new AbortController();
      const forward = (): void => trial.abort(signal.reason);
      signal.addEventListener('abort', forward, { once: true });
      let tried: Seat | undefined;
      try {
        tried = await seat(tier, options, trial);
        return await work(tried.session, trial.signal);
      } catch (error) {
        if (error instanceof NoRoom || trial.signal.reason instanceof GaveWay) return undefined;
        throw error;
      } finally {
        signal.removeEventListener('abort', forward);
        tried?.letGo(nowMs());
        tried?.retire();
      }
    },
    giveWay() {
      for (const trial of loading) trial.abort(new GaveWay());
    },
  };
}
