import { flightOf } from '../../cache/canonical/canonical-request.js';
import type { CacheFacts } from '../../cache/cache-facts.js';
import { fold } from '../fold.js';
import { createRecorder } from '../recorder.js';
import type { AnyInput, AnyOptions, AnyResult, AnyStep, Answerer } from './answers.js';
import type { Ask, Missed } from './ask.js';
import { recordOf, type AnsweredAgain } from './cache-records.js';
import type { Flight } from './flight.js';
import { Flights } from './flights.js';
import { replay } from './replay.js';
import type { CachePorts, ResponseCache } from './response-cache.js';
import { ResponseDesk, type Decision } from './response-desk.js';
import { revisionsOf, savedBy, type Pieces } from './to-entry.js';
import { STEPS_TOLD } from './steps-told.js';
import { foundEvent, toResult, toSharedResult } from './to-result.js';

/** Every request comes through it, and what nobody has answered goes on to what computes. */
export interface Gate extends Answerer {
  readonly cache: ResponseCache;
  /** @throws StorageError */
  flush(): Promise<void>;
  /** What is to be kept is kept, as far as it can be; requests may still be under way. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

type AnyFlight = Flight<AnyStep, AnyResult>;

export function createGate(answerer: Answerer, ports: CachePorts): Gate {
  const { clock, ledger, newId, store, onFailure = () => undefined } = ports;
  const desk = new ResponseDesk(ports);
  const flights = new Flights(STEPS_TOLD);
  const recorder = ledger && createRecorder({ ledger, clock, onFailure });

  const given = ({ options, fromMs }: Ask, facts: CacheFacts) => ({
    requestId: options.requestId ?? newId(),
    facts,
    atMs: clock.nowMs() - fromMs,
  });

  const record = (ask: Ask, result: AnyResult, revisions: AnsweredAgain['revisions']): AnyResult => {
    const { cache } = result;
    if (!cache || !recorder) return result;
    const { asked, options, fromMs } = ask;
    const atWallMs = clock.wallMs();
    const totalMs = clock.nowMs() - fromMs;
    // At once: until it is written the result is its caller's, who may change it, and nobody holds on to it.
    const outcome = recordOf({ asked, result, cache, revisions, key: options.key, atWallMs, totalMs });
    recorder.add({ kind: 'outcome', record: outcome });
    return result;
  };

  const fromMemory = ({ ask, entry, facts }: Extract<Decision, { kind: 'hit' }>): AnyResult =>
    record(ask, toResult(entry, given(ask, facts)), entry);

  const sharedFacts = (flight: AnyFlight, result: AnyResult): CacheFacts => ({
    kind: 'exact',
    ageMs: 0,
    from: result.requestId,
    score: undefined,
    maxWrongHitRate: undefined,
    saved: savedBy(result, clock.nowMs() - flight.fromMs),
  });

  const shared = (ask: Ask, flight: AnyFlight, result: AnyResult): AnyResult =>
    record(ask, toSharedResult(result, given(ask, sharedFacts(flight, result))), revisionsOf(result));

  const start = (ask: Missed, name: string | undefined, tells: boolean): AnyFlight => {
    const { signal: _, onCache: __, ...options } = ask.options;
    const isText = ask.asked.kind === 'text';
    const requestId = options.requestId ?? (isText ? newId() : undefined);
    const own = { ...options, ...(requestId !== undefined && { requestId }) };
    return flights.start(name, {
      fromMs: ask.fromMs,
      live: tells && isText ? requestId : undefined,
      start: (signal) =>
        tells
          ? answerer.stream(ask.input, { ...own, signal })
          : resultOnly(() => answerer.run(ask.input, { ...own, signal })),
      onLanded: (landed) => desk.landed(ask, landed),
    });
  };

  /** Nothing may be waited for between the look and the start: two who ask at once would both compute. */
  const board = (ask: Missed, tells: boolean): { readonly flight: AnyFlight; readonly isJoined: boolean } => {
    const name = ask.wish.refresh ? undefined : flightOf(ask.asked, ask.canonical.key, ask.epoch);
    const flight = name === undefined ? undefined : flights.find(name);
    return flight && leavesTime(flight, ask)
      ? { flight, isJoined: true }
      : { flight: start(ask, name, tells), isJoined: false };
  };

  async function* joined(ask: Ask, flight: AnyFlight): AsyncGenerator<AnyStep, AnyResult> {
    const { live } = flight;
    const steps = flight.read(ask.options.signal);
    if (live === undefined) {
      const result = shared(ask, flight, await fold(steps));
      return yield* replay(result, undefined);
    }
    try {
      yield { kind: 'trace', event: foundEvent({ kind: 'exact', ageMs: 0, from: live }, clock.nowMs() - ask.fromMs) };
      for (;;) {
        const { done, value } = await steps.next();
        if (done) {
          const result = shared(ask, flight, value);
          yield { kind: 'trace', event: result.trace.at(-1)! } as AnyStep;
          yield { kind: 'result', result } as AnyStep;
          return result;
        }
        if (value.kind === 'text') yield value;
      }
    } finally {
      await steps.return(undefined as never);
    }
  }

  async function run(input: AnyInput, options: AnyOptions = {}): Promise<AnyResult> {
    const decision = await desk.decide(input, options, false);
    switch (decision.kind) {
      case 'past':
        options.onCache?.('bypass');
        return answerer.run(decision.input, options);
      case 'hit':
        options.onCache?.(decision.facts.kind);
        return fromMemory(decision);
      case 'miss': {
        const { ask } = decision;
        const { flight, isJoined } = board(ask, false);
        const steps = flight.read(options.signal);
        options.onCache?.(isJoined ? 'exact' : 'miss');
        const result = await fold(steps);
        return isJoined ? shared(ask, flight, result) : result;
      }
      default:
        return decision satisfies never;
    }
  }

  async function* stream(input: AnyInput, options: AnyOptions = {}): AsyncGenerator<AnyStep, AnyResult> {
    const decision = await desk.decide(input, options, true);
    switch (decision.kind) {
      case 'past':
        options.onCache?.('bypass');
        return yield* answerer.stream(decision.input, options);
      case 'hit': {
        options.onCache?.(decision.facts.kind);
        const { entry } = decision;
        const pieces: Pieces = entry.kind === 'text' ? entry.pieces : undefined;
        return yield* replay(fromMemory(decision), pieces);
      }
      case 'miss': {
        const { flight, isJoined } = board(decision.ask, true);
        options.onCache?.(isJoined ? 'exact' : 'miss');
        return yield* isJoined ? joined(decision.ask, flight) : flight.read(options.signal);
      }
      default:
        return decision satisfies never;
    }
  }

  const settle = (): Promise<void> => desk.flush().catch(onFailure);
  return {
    run,
    stream,
    cache: desk,
    async flush() {
      await desk.flush();
      await recorder?.flush();
    },
    async settle() {
      await settle();
      // Whoever computes closes the ledger.
      await recorder?.close();
    },
    async close() {
      await desk.close();
      await store.close();
    },
  };
}

/** Share of its own deadline that a request may lose by waiting for a run that began earlier, and ends earlier. */
const LOST_SHARE = 0.1;

/** A run ends at the deadline of who began it, with the best answer so far: who comes late would get less than it asked for. */
const leavesTime = ({ fromMs }: AnyFlight, { fromMs: askedAtMs, asked }: Ask): boolean =>
  askedAtMs - fromMs <= LOST_SHARE * (asked.request.deadlineMs ?? Infinity);

/** A run that tells nothing on its way. */
// oxlint-disable-next-line require-yield
async function* resultOnly(run: () => Promise<AnyResult>): AsyncGenerator<never, AnyResult> {
  return await run();
}
