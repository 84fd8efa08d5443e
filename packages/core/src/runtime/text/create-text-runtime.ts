import { runtimeClosed } from '../../errors/runtime-closed-error.js';
import { createRememberedTests } from '../../text/local/remembered-tests.js';
import { createTextSessions, type TextSessions } from '../../text/local/text-sessions.js';
import { createWalkBounds } from '../../text/confidence/walk-bounds.js';
import type { LocalTextRung } from '../../text/local/text-model.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import { textRequirementsOf } from '../../text/plan/text-requirements.js';
import { parseTextRequest } from '../../text/request/parse-text-request.js';
import type { TextRequest, TextRequestInput } from '../../text/request/text-request-schema.js';
import type { TextSource } from '../../text/text-source.js';
import { fold } from '../fold.js';
import { createRecorder } from '../recorder.js';
import { newRequestId } from '../../request/request-id.js';
import { countTokens } from './count-tokens.js';
import { paidHere } from './paid-here.js';
import { answeredEntries, failedEntries } from './text-records.js';
import { createTextRemotes } from './text-remotes.js';
import { createTextPlanner } from './text-planner.js';
import type { TextResult } from './text-result.js';
import type { TextPorts, TextRunOptions, TextRuntime } from './text-runtime.js';
import type { TextStep } from './text-step.js';
import { TextWalk } from './text-walk.js';

const IDLE_UNLOAD_MS = 15 * 60_000;
/** What a plan does not depend on. */
const ANY_TEXT = '-';

/** A request that is not answered yet. */
interface UnderWay {
  /** Ends what it runs, for real. */
  end(reason: Error): void;
  /** Writes down that it had no answer, unless that is done. */
  keep(): void;
}

export function createTextRuntime(ports: TextPorts): TextRuntime {
  const { clock, random, ledger, store, engine, budget, idleUnloadMs = IDLE_UNLOAD_MS } = ports;
  const { onFailure = () => undefined, loadedBytes: othersBytes = () => 0, readFile, selfTests } = ports;
  const recorder = createRecorder({ ledger, clock, onFailure });
  const underWay = new Set<UnderWay>();
  const remotes = createTextRemotes(ports);
  const { catalog } = remotes;
  const bounds = createWalkBounds();
  let closed = false;

  const sessions: TextSessions = createTextSessions({
    engine,
    store,
    clock,
    idleUnloadMs,
    ceilingBytes: () => planner.ceilingBytes(),
    readFile,
    remembered: selfTests && createRememberedTests({ ...selfTests, clock, onFailure }),
    onLoad({ tier, report }) {
      const { loadMs, bytesRead, peakMemoryBytes, prefillTokensPerSecond, decodeTokensPerSecond } = report;
      const variantId = tier.variant.weights.sha256;
      planner.loaded(variantId, { prefillTokensPerSecond, decodeTokensPerSecond });
      const warmRunMs = 1000 / decodeTokensPerSecond;
      const load = { atWallMs: clock.wallMs(), variantId, tier: tier.id, replaces: undefined, loadMs, bytesRead };
      recorder.add({ kind: 'load', record: { ...load, peakMemoryBytes, warmRunMs } });
    },
  });
  const planner = createTextPlanner({
    ports: { ...ports, catalog },
    canAsk: (endpoint) => remotes.canAsk(endpoint),
    isAway: (endpoint) => remotes.isAway(endpoint),
    textBytes: () => sessions.loadedBytes(),
    othersBytes,
  });

  const sourceOf = (rung: RatedTextTier): TextSource => {
    const { tier } = rung;
    if (tier.kind === 'remote') return remotes.source({ ...rung, tier });
    const source = sessions.source({ ...rung, tier });
    return budget ? paidHere(source, { rung, budget, clock }) : source;
  };

  const planFor = (request: Parameters<typeof textRequirementsOf>[0]) => planner.plan(textRequirementsOf(request));

  /** @param listens whether somebody reads the steps */
  async function* answer(
    input: TextRequestInput,
    options: TextRunOptions,
    listens: boolean,
  ): AsyncGenerator<TextStep, TextResult> {
    const request = parseTextRequest(input);
    if (closed) throw runtimeClosed();
    const over = new AbortController();
    const { signal } = options;
    const forward = (): void => over.abort(signal?.reason);
    if (signal?.aborted) forward();
    signal?.addEventListener('abort', forward, { once: true });
    const walk = new TextWalk({
      request,
      requestId: options.requestId ?? newRequestId(random),
      plan: () => planFor(request),
      sourceOf,
      clock,
      options: { ...options, signal: over.signal },
      listens,
      bounds,
      onBroken: ({ tier }) => tier.kind === 'local' && planner.avoid(tier.id),
    });
    let isKept = false;
    const keepFailure = (error: unknown, isAborted: boolean): void => {
      if (isKept) return;
      isKept = true;
      const { revision: catalogRevision } = catalog.current();
      const plan = walk.plan ?? { catalogRevision, ladderRevision: undefined };
      recorder.add(...failedEntries(walk.account(), plan, walk.asked, error, isAborted));
    };
    const ending: UnderWay = {
      end(reason) {
        over.abort(reason);
        walk.close();
      },
      keep: () => keepFailure(runtimeClosed(), signal?.aborted === true),
    };
    underWay.add(ending);
    try {
      const result = yield* walk.steps();
      isKept = true;
      const account = walk.account();
      recorder.add(...answeredEntries(account, result, walk.plan!, random));
      for (const run of account.runs) planner.learn(run);
      yield* walk.trace.unread();
      if (listens) yield { kind: 'result', result };
      return result;
    } catch (error) {
      keepFailure(error, signal?.aborted === true);
      yield* walk.trace.unread();
      throw error;
    } finally {
      walk.close();
      // Whoever reads the steps had enough before the end.
      keepFailure(undefined, true);
      underWay.delete(ending);
      signal?.removeEventListener('abort', forward);
    }
  }

  const parse = (input: Omit<TextRequestInput, 'text' | 'messages'>): Omit<TextRequest, 'textBytes'> => {
    const { textBytes: _, ...request } = parseTextRequest({ ...input, text: ANY_TEXT });
    return request;
  };

  return {
    stream: (input, options = {}) => answer(input, options, true),
    run: (input, options = {}) => fold(answer(input, options, false)),
    async recommend(input, { signal } = {}) {
      signal?.throwIfAborted();
      return planFor(parse(input));
    },
    async count(input, { signal } = {}) {
      const request = parseTextRequest(input);
      if (closed) throw runtimeClosed();
      signal?.throwIfAborted();
      return countTokens(request, { plan: planFor, sessions }, signal);
    },
    async prepare(input, options = {}) {
      options.signal?.throwIfAborted();
      const { ladder } = await planFor(parse(input));
      const { only } = options;
      const rung = ladder.filter(isLocal).find(({ tier }) => only === undefined || only.includes(tier.id));
      if (rung) await sessions.prepare(rung, options);
    },
    remotes: { state: (tier) => remotes.state(tier) },
    lookAgain: () => remotes.lookAgain(),
    memory: {
      heldBytes: () => sessions.loadedBytes(),
      busyBytes: () => sessions.busyBytes(),
      makeRoom: (neededBytes) => sessions.makeRoom(neededBytes),
    },
    waiting: () => sessions.waiting(),
    flush: () => recorder.flush(),
    async close() {
      closed = true;
      for (const each of underWay) each.end(runtimeClosed());
      remotes.close();
      await sessions.close();
      // Whoever holds a step may never ask for the next one.
      for (const each of underWay) each.keep();
      await recorder.close();
    },
  };
}

const isLocal = (rung: RatedTextTier): rung is LocalTextRung => rung.tier.kind === 'local';
