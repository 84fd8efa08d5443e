import type { EngineModel, EngineSession, ModelEngine } from '@terrace/core';
import { overSession } from '../over-session.js';
import type { Mark } from './mark.js';
import type { Sentinel } from './open-sentinel.js';

/** So many runs show that what the page once died of runs well. */
const RUNS_THAT_PROVE = 20;

/** An engine that is told who wants a load. */
export interface MarkingEngine extends ModelEngine {
  /** @param options.isAhead whether nobody has asked for it yet: it rejects where even that is left out */
  load(
    model: EngineModel,
    options?: { readonly signal?: AbortSignal; readonly isAhead?: boolean },
  ): Promise<EngineSession>;
}

/**
 * An engine whose loads and runs are marked, so that a page that dies of one leaves it behind. What is left out it does
 * not load.
 */
export function markingEngine(engine: ModelEngine, opening: Promise<Sentinel>): MarkingEngine {
  return {
    async load(model, { isAhead, ...options } = {}) {
      const sentinel = await opening;
      const { past } = sentinel;
      const { variantId, modelId, provider, weights } = model;
      const run: Mark = { variantId, modelId, provider, phase: 'run', bytes: weights.bytes };
      past?.requireAllowed?.(model);
      if (isAhead && past && !past.mayLoadAhead?.(model)) throw new Error('the page has died of it');
      const session = await sentinel.during({ ...run, phase: 'load', isAhead }, () => engine.load(model, options));
      return markingSession(session, sentinel, run);
    },
    residentBytes: () => engine.residentBytes(),
    callerLoad: () => engine.callerLoad(),
    async close() {
      await engine.close();
      (await opening).close();
    },
  };
}

function markingSession(session: EngineSession, sentinel: Sentinel, mark: Mark): EngineSession {
  let runs = 0;
  const marked = async <T>(work: () => Promise<T>): Promise<T> => {
    const output = await sentinel.during(mark, work);
    if (++runs === RUNS_THAT_PROVE) sentinel.past?.proved?.(mark);
    return output;
  };
  return overSession(session, {
    run: (input, options) => marked(() => session.run(input, options)),
    runBatch: (inputs) => marked(() => session.runBatch(inputs)),
    features: (texts, deltaId) => marked(() => session.features(texts, deltaId)),
  });
}
