import { EngineError, type Crash, type EngineModel, type EngineSession, type ModelEngine } from '@terrace/core';
import { crashKey } from './crash-key.js';
import type { Mark } from './mark.js';
import type { Sentinel } from './open-sentinel.js';

/** So many runs show that what the page once died of runs well. */
const RUNS_THAT_PROVE = 20;

/**
 * An engine whose loads and runs are marked, so that a page that dies of one leaves it behind. What is left out it does
 * not load, whoever asks: a self-test or a race takes other ways than a plan.
 */
export function markingEngine(engine: ModelEngine, opening: Promise<Sentinel>): ModelEngine {
  return {
    async load(model, options) {
      const sentinel = await opening;
      const { variantId, modelId, provider, weights } = model;
      const run: Mark = { variantId, modelId, provider, phase: 'run', bytes: weights.bytes };
      const crash = sentinel.crashes().find((each) => crashKey(each) === crashKey(run));
      if (crash) throw isLeftOut(model, crash);
      const session = await sentinel.during({ ...run, phase: 'load' }, () => engine.load(model, options));
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
    if (++runs === RUNS_THAT_PROVE) sentinel.proved(mark);
    return output;
  };
  return {
    report: session.report,
    get alive() {
      return session.alive;
    },
    get heldBytes() {
      return session.heldBytes;
    },
    attach: (delta) => session.attach(delta),
    detach: (deltaId) => session.detach(deltaId),
    run: (input, options) => marked(() => session.run(input, options)),
    runBatch: (inputs) => marked(() => session.runBatch(inputs)),
    release: () => session.release(),
  };
}

const isLeftOut = ({ modelId, provider }: EngineModel, { untilWallMs }: Crash): EngineError =>
  new EngineError({
    message: `${modelId} is not loaded with ${provider}: the page has died of it.`,
    hint: `Ask again later: it is tried at ${new Date(untilWallMs).toISOString()}.`,
    facts: { model: modelId, provider },
  });
