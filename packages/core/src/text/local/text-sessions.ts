import type { FileRef } from '../../catalog/fields.js';
import { inFlight } from '../../load/in-flight.js';
import { chooseEvictions, chooseIdle, nextIdleMs, type Resident } from '../../load/residency.js';
import { ProviderWrongError } from '../../errors/provider-wrong-error.js';
import type { Clock } from '../../ports/clock.js';
import type { ModelStore } from '../../ports/model-store.js';
import type { TextEngine, TextJob, TextLoadReport, TextSession } from '../../ports/text-engine.js';
import { waitFor } from '../../wait/wait-for.js';
import { promptTokensOf } from '../plan/text-requirements.js';
import type { TextAsk, TextRun, TextSource } from '../text-source.js';
import type { LocalTextTier } from '../text-tier.js';
import { examineText } from './examine-text.js';
import type { RememberedTests } from './remembered-tests.js';
import { sessionKey, textModel, type FetchOptions, type LocalTextRung } from './text-model.js';

export interface TextSessionsPorts {
  readonly engine: TextEngine;
  readonly store: ModelStore;
  readonly clock: Clock;
  /** A model that nobody used for so long is unloaded. */
  readonly idleUnloadMs: number;
  readonly onLoad: (event: { readonly tier: LocalTextTier; readonly report: TextLoadReport }) => void;
  /** Most that loaded text models may take together; asked before each load. */
  readonly ceilingBytes?: (() => number) | undefined;
  /** Bytes of a file of the catalog, hashed: golden data. */
  readonly readFile?: ((file: FileRef) => Promise<Uint8Array>) | undefined;
  /** Of earlier processes; without it every process examines its models. */
  readonly remembered?: RememberedTests | undefined;
}

/** Text models of this device, loaded when somebody asks for them. */
export interface TextSessions {
  source(rung: LocalTextRung): TextSource;
  /** Downloads and loads a rung. @throws what `TextEngine.load` throws, ProviderWrongError, the signal's reason */
  prepare(rung: LocalTextRung, options?: FetchOptions): Promise<void>;
  /**
   * Tokens of a chat as a rung reads it, which is loaded for it.
   * @throws what `prepare` throws; InvalidRequestError where the template refuses the chat
   */
  count(rung: LocalTextRung, chat: CountedChat, signal?: AbortSignal): Promise<number>;
  /** Sequences that are decoded or wait. */
  waiting(): number;
  /** Memory that loaded models are accounted with. */
  loadedBytes(): number;
  /** Of that, what is at work or wanted, and does not go. */
  busyBytes(): number;
  /** Unloads what nobody uses until so much more fits. */
  makeRoom(neededBytes: number): Promise<void>;
  close(): Promise<void>;
}

/** What `TextSession.countTokens` counts. */
type CountedChat = Parameters<TextSession['countTokens']>[0];

/** One loaded model. */
interface Place {
  readonly session: TextSession;
  readonly bytes: number;
  readonly contextTokens: number;
  lastUsedMs: number;
  /** Runs that read from it. */
  leases: number;
}

export function createTextSessions({
  engine,
  store,
  clock,
  idleUnloadMs,
  onLoad,
  ceilingBytes = () => Infinity,
  readFile,
  remembered,
}: TextSessionsPorts): TextSessions {
  const places = new Map<string, Place>();
  const loads = inFlight<Place>();
  /** Found to answer rightly, or wrongly, by this process. */
  const verdicts = new Map<string, Error | undefined>();
  const closing = new AbortController();
  let asleep = false;
  /** Of each key, runs that wait for it: what has just been loaded for them does not go before they have it. */
  const wanting = new Map<string, number>();

  const residents = (): (Resident & { readonly key: string })[] =>
    [...places].map(([key, { bytes, lastUsedMs, leases, session }]) => {
      const held = leases + session.active() + (wanting.get(key) ?? 0);
      return { key, bytes, lastUsedMs, leases: held, spare: false, wanted: false };
    });

  const letGo = async (key: string): Promise<void> => {
    const place = places.get(key);
    places.delete(key);
    await place?.session.release().catch(() => undefined);
  };

  /** One that is at work stays, whatever it takes: what it writes was promised. */
  const makeRoom = async (neededBytes: number): Promise<void> => {
    const limits = { neededBytes, ceilingBytes: ceilingBytes() };
    const idle = chooseEvictions(residents(), limits).filter(({ leases }) => leases === 0);
    await Promise.all(idle.map(({ key }) => letGo(key)));
  };

  const unloadIdle = async (): Promise<void> => {
    if (asleep) return;
    asleep = true;
    for (;;) {
      const waitMs = nextIdleMs(residents(), clock.nowMs(), idleUnloadMs);
      if (waitMs === undefined || waitMs === Infinity || closing.signal.aborted) break;
      await clock.sleep(Math.max(1, waitMs), closing.signal);
      for (const { key } of chooseIdle(residents(), clock.nowMs(), idleUnloadMs)) await letGo(key);
    }
    asleep = false;
  };

  /** Every load by itself: two would count on the same memory. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  /** Goes on when whoever asked first does not wait for it any longer. */
  const load = async (rung: LocalTextRung, onProgress: FetchOptions['onProgress']): Promise<Place> => {
    const key = sessionKey(rung);
    const verdict = verdicts.get(key);
    if (verdict) throw verdict;
    const model = await textModel(rung, store, { signal: closing.signal, onProgress });
    return inTurn(async () => {
      await letGo(key);
      await makeRoom(rung.estimate.memoryBytes);
      closing.signal.throwIfAborted();
      const session = await engine.load(model);
      if (!verdicts.has(key) && !(await remembered?.has(rung))) {
        await examineText(session, rung, readFile).catch(async (error: Error) => {
          // A thread that ended meanwhile says nothing of the model.
          if (ProviderWrongError.isInstance(error)) verdicts.set(key, error);
          await session.release().catch(() => undefined);
          throw error;
        });
        await remembered?.keep(rung);
      }
      verdicts.set(key, undefined);
      const { memoryBytes, contextTokens } = rung.estimate;
      const place: Place = { session, bytes: memoryBytes, contextTokens, lastUsedMs: clock.nowMs(), leases: 0 };
      places.set(key, place);
      onLoad({ tier: rung.tier, report: session.report });
      void unloadIdle();
      return place;
    });
  };

  /** What is loaded, unless its thread has ended, or the chat needs a longer context, the plan has room for it and nobody is at work. */
  const loaded = (rung: LocalTextRung, chatTokens: number): Place | undefined => {
    const place = places.get(sessionKey(rung));
    if (!place?.session.alive) return undefined;
    const isShort = place.contextTokens < Math.min(chatTokens, rung.estimate.contextTokens);
    return isShort && place.leases + place.session.active() === 0 ? undefined : place;
  };

  const acquire = async (rung: LocalTextRung, chatTokens: number, options: FetchOptions): Promise<Place> =>
    loaded(rung, chatTokens) ??
    (await waitFor(
      loads(sessionKey(rung), () => load(rung, options.onProgress)),
      options.signal,
    ));

  /** Holds it from the moment it is there. */
  const lease = async (rung: LocalTextRung, chatTokens: number, signal: AbortSignal | undefined): Promise<Place> => {
    const key = sessionKey(rung);
    wanting.set(key, (wanting.get(key) ?? 0) + 1);
    try {
      const place = await acquire(rung, chatTokens, { signal });
      place.leases++;
      return place;
    } finally {
      const left = wanting.get(key)! - 1;
      if (left > 0) wanting.set(key, left);
      else wanting.delete(key);
    }
  };

  async function* pieces(rung: LocalTextRung, ask: TextAsk, signal: AbortSignal | undefined, spent: Spent) {
    signal?.throwIfAborted();
    const sinceMs = clock.nowMs();
    const chatTokens = mostTokensOf(ask);
    const isLoaded = loaded(rung, chatTokens) !== undefined;
    const place = await lease(rung, chatTokens, signal);
    try {
      if (!isLoaded) {
        const { bytesRead: loadedBytes, peakMemoryBytes } = place.session.report;
        Object.assign(spent, { loadMs: clock.nowMs() - sinceMs, loadedBytes, peakMemoryBytes });
      }
      return yield* place.session.generate(jobOf(ask), signal);
    } finally {
      place.leases--;
      place.lastUsedMs = clock.nowMs();
    }
  }

  return {
    source: (rung) => ({
      run(ask, signal): TextRun {
        const spent: Spent = { costUsd: 0, sentBytes: 0, redacted: {}, loadMs: 0, loadedBytes: 0 };
        return { pieces: pieces(rung, ask, signal, spent), spent: () => ({ ...spent }) };
      },
      readyInMs: () => (loaded(rung, 0) ? 0 : rung.estimate.loadMs),
      closed: () => (verdicts.get(sessionKey(rung)) ? 'tier-failed' : undefined),
    }),
    async prepare(rung, options = {}) {
      await acquire(rung, rung.estimate.contextTokens, options);
    },
    async count(rung, chat, signal) {
      // Counting needs no room for the chat: a shorter context is as good.
      const place = await lease(rung, 0, signal);
      try {
        return await waitFor(place.session.countTokens(chat), signal);
      } finally {
        place.leases--;
        place.lastUsedMs = clock.nowMs();
      }
    },
    waiting: () => [...places.values()].reduce((sum, { session }) => sum + session.active(), 0),
    loadedBytes: () => sumOf(residents()),
    busyBytes: () => sumOf(residents().filter(({ leases }) => leases > 0)),
    makeRoom,
    async close() {
      closing.abort();
      places.clear();
      await engine.close();
    },
  };
}

const sumOf = (some: readonly Pick<Resident, 'bytes'>[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);

/** Tokens of the prompt and the answer, at most. */
function mostTokensOf({ messages, tools, prefix, generation: { maxTokens } }: TextAsk): number {
  const texts = [...messages.flatMap(({ content, toolCalls }) => [content, JSON.stringify(toolCalls) ?? '']), prefix];
  return promptTokensOf(new TextEncoder().encode(texts.join('') + JSON.stringify(tools)).length) + maxTokens;
}

interface Spent {
  costUsd: number;
  sentBytes: number;
  redacted: Readonly<Record<string, number>>;
  loadMs: number;
  loadedBytes: number;
  peakMemoryBytes?: number;
}

/** What crosses to a worker: nothing of who asks. */
const jobOf = ({ messages, tools, prefix, chatTemplate, generation, priority }: TextAsk): TextJob => ({
  messages,
  tools,
  prefix,
  chatTemplate,
  generation,
  priority,
});
