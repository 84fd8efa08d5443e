import type { LocalTier } from '../catalog/tier.js';
import type { Loader, LoadOptions } from '../load/loader.js';
import { referenceOpener, requirePassed } from '../load/inspect-session.js';
import type { SelfTest } from '../load/self-test.js';
import type { Catalog, Delta } from '../catalog/schema.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { Clock } from '../ports/clock.js';
import type { EngineSession, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { Outrun, SelfTestVerdict } from '../ports/self-test-records.js';
import type { LocalRung } from '../recommend/choose-ladder.js';
import type { Contest } from '../recommend/contests.js';
import type { Scheduler } from '../run/scheduler.js';
import type { Plan, Planner } from './planner.js';

/** After the first answer a device has more to do: rungs above are loaded, its providers are measured. */
const START_AFTER_MS = 5000;
/** How often it is looked whether anything waits, before a race goes on. */
const LOOK_EVERY_MS = 500;
/** A challenger that takes so many times what the best takes has lost, whatever it answers. */
const HOPELESS = 4;
/** What could not be raced is tried again after a wait that doubles up to the longest. */
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 60 * 60_000;

/**
 * Races the ways to run a model on this device, once and in the background: a session that starts proves nothing about
 * speed. What answers wrongly has lost, whatever its speed.
 */
export interface Races {
  /**
   * Starts a race that is due, one at a time.
   * @param path ids of the tiers that answered: a model that nobody uses is not raced
   */
  consider(plan: Pick<Plan, 'contests'>, path: readonly string[]): void;
  /** Ends the race under way; a load ends with the engine. */
  close(): Promise<void>;
}

export interface RacesPorts {
  readonly selfTest: SelfTest;
  readonly loader: Pick<Loader, 'fetch' | 'tryOut' | 'acquire' | 'discard' | 'providerOf' | 'takeOver'>;
  readonly catalog: Pick<CatalogSource, 'current'>;
  readonly engine: ModelEngine;
  readonly store: ModelStore;
  readonly planner: Pick<Planner, 'review'>;
  readonly scheduler: Pick<Scheduler, 'waiting'>;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** This module, as whoever loads it gets it. */
export interface RacesModule {
  createRaces(ports: RacesPorts): Races;
}

export function createRaces({
  selfTest,
  loader,
  catalog,
  engine,
  store,
  planner,
  scheduler,
  clock,
  onFailure,
}: RacesPorts): Races {
  const closing = new AbortController();
  const { signal } = closing;
  const open = referenceOpener({ selfTest, engine, store });
  const tries = new Map<string, { readonly dueMs: number; readonly count: number }>();
  let underWay: Promise<void> | undefined;

  const tell = (error: unknown): void => {
    if (!signal.aborted) onFailure(error);
  };

  const isDue = (rung: LocalRung): boolean => clock.nowMs() >= (tries.get(nameOf(rung))?.dueMs ?? -Infinity);

  /** Whatever comes of this try, the next one is not made at once. */
  const noteTry = (rung: LocalRung): void => {
    const count = tries.get(nameOf(rung))?.count ?? 0;
    const dueMs = clock.nowMs() + Math.min(FIRST_RETRY_MS * 2 ** count, LONGEST_RETRY_MS);
    tries.set(nameOf(rung), { dueMs, count: count + 1 });
  };

  const quiet = async (): Promise<void> => {
    do await clock.sleep(LOOK_EVERY_MS, signal);
    while (scheduler.waiting() > 0 && !signal.aborted);
    signal.throwIfAborted();
  };

  /** What is known of each way to run the model, in milliseconds. */
  const timesOf = async ({ inUse, challengers }: Contest): Promise<Map<LocalRung, number>> => {
    const measured = await selfTest.measurements();
    return new Map(
      [inUse, ...challengers].flatMap((rung) => {
        const { variantId, provider } = pairOf(rung);
        const found = measured.find((each) => each.variantId === variantId && each.provider === provider);
        return found ? [[rung, found.runMs]] : [];
      }),
    );
  };

  const askOf = (rung: LocalRung, session: EngineSession, limited: AbortSignal) => ({
    session,
    tier: withDelta(rung.tier, catalog.current(), store),
    provider: rung.estimate.provider,
    openReference: (): Promise<EngineSession> => open(rung.tier, limited),
    signal: limited,
  });

  const demand = (verdict: SelfTestVerdict, { tier, estimate: { provider } }: LocalRung): void =>
    requirePassed(verdict, tier, { provider, reference: selfTest.reference });

  const tryOut = async (rung: LocalRung, outrunAboveMs: number): Promise<SelfTestVerdict | Outrun | undefined> => {
    await loader.fetch(rung.tier, signal);
    await quiet();
    return loader.tryOut(
      rung.tier,
      optionsOf(rung),
      (session, limited) => selfTest.race({ ...askOf(rung, session, limited), outrunAboveMs }),
      signal,
    );
  };

  /** It was measured while it was new: in a runtime that has warmed up since it may be faster. */
  const measureAgain = async (rung: LocalRung): Promise<void> => {
    const lease = await loader.acquire(rung.tier, optionsOf(rung), signal);
    try {
      if (loader.providerOf(rung.tier) !== rung.estimate.provider) return;
      const verdict = await selfTest.verifyAnew(askOf(rung, lease.session, signal));
      if (verdict.kind === 'failed') loader.discard(rung.tier);
    } finally {
      lease.done();
    }
  };

  const race = async (contest: Contest): Promise<void> => {
    const { inUse, challengers } = contest;
    const known = await timesOf(contest);
    const toBeatMs = Math.min(...(known.size > 0 ? known.values() : [inUse.estimate.latencyMs]));
    for (const rung of challengers.filter(isDue)) {
      noteTry(rung);
      // A plan may be older than the last race.
      if (known.has(rung)) continue;
      try {
        const verdict = await tryOut(rung, HOPELESS * toBeatMs);
        if (verdict?.kind === 'failed') demand(verdict, rung);
      } catch (error) {
        tell(error);
        signal.throwIfAborted();
      }
    }
    await settle(contest);
  };

  const settle = async (contest: Contest): Promise<void> => {
    const { inUse } = contest;
    const winnerOf = (times: ReadonlyMap<LocalRung, number>): LocalRung | undefined =>
      [...times].toSorted(([, a], [, b]) => a - b)[0]?.[0];
    if (winnerOf(await timesOf(contest)) === inUse) return planner.review();
    await measureAgain(inUse);
    const winner = winnerOf(await timesOf(contest));
    if (winner && winner !== inUse) {
      await quiet();
      await loader.takeOver(winner.tier, optionsOf(winner)).catch(tell);
    }
    planner.review();
  };

  return {
    consider({ contests }, path) {
      if (contests.length === 0 || underWay || signal.aborted) return;
      const due = contests.find(({ inUse, challengers }) => path.includes(inUse.tier.id) && challengers.some(isDue));
      if (!due) return;
      underWay = clock
        .sleep(START_AFTER_MS, signal)
        .then(quiet)
        .then(() => race(due))
        .catch(tell)
        .finally(() => (underWay = undefined));
    },
    async close() {
      closing.abort(new Error('the runtime was closed'));
      await underWay;
    },
  };
}

const optionsOf = ({ estimate: { provider, predictedMs, memoryBytes } }: LocalRung): LoadOptions => ({
  provider,
  expectedRunMs: predictedMs,
  memoryBytes,
});

/** Deltas take other paths through a graph than the plain base: where one is here, it is tested as well. */
function withDelta(tier: LocalTier, { deltas }: Catalog, { presence }: ModelStore): LocalTier {
  const isHere = ({ head, adapter }: Delta): boolean =>
    presence(head) === 'here' && (!adapter || presence(adapter) === 'here');
  const fits = ({ base }: Delta): boolean =>
    base.id === tier.model.id && Object.values(base.files).includes(idOf(tier));
  return tier.delta ? tier : { ...tier, delta: deltas.find((delta) => fits(delta) && isHere(delta)) };
}

const pairOf = ({ tier, estimate: { provider } }: LocalRung) => ({ variantId: idOf(tier), provider });
const idOf = ({ variant }: LocalTier): string => variant.weights.sha256;
const nameOf = (rung: LocalRung): string => Object.values(pairOf(rung)).join(' ');
