import type { TextEngine, TextSession } from '@terrace/core/generate';
import type { Mark } from './mark.js';
import type { Sentinel } from './open-sentinel.js';

/** So many tokens on end show that what the page once died of runs well. */
const TOKENS_THAT_PROVE = 20;

/**
 * A text engine whose loads and texts are marked, so that a page that dies of one leaves it behind. What is left out it
 * does not load.
 */
export function markingTextEngine(engine: TextEngine, opening: Promise<Sentinel>): TextEngine {
  return {
    async load(model, options) {
      const sentinel = await opening;
      const { variantId, modelId, provider, weights } = model;
      const run: Mark = { variantId, modelId, provider, phase: 'run', bytes: weights.bytes };
      sentinel.past?.requireAllowed?.(model);
      const session = await sentinel.during({ ...run, phase: 'load' }, () => engine.load(model, options));
      return markingSession(session, sentinel, run);
    },
    close: () => engine.close(),
  };
}

function markingSession(session: TextSession, sentinel: Sentinel, mark: Mark): TextSession {
  let tokens = 0;
  return {
    report: session.report,
    get alive() {
      return session.alive;
    },
    get heldBytes() {
      return session.heldBytes;
    },
    async *generate(job, signal) {
      const pieces = session.generate(job, signal);
      const turn = (): ReturnType<typeof pieces.next> => sentinel.during(mark, () => pieces.next());
      try {
        for (let next = await turn(); ; next = await turn()) {
          if (next.done) return next.value;
          const before = tokens;
          for (const { logProbs } of next.value) tokens += logProbs.length;
          if (before < TOKENS_THAT_PROVE && tokens >= TOKENS_THAT_PROVE) sentinel.past?.proved?.(mark);
          yield next.value;
        }
      } finally {
        await pieces.return(undefined as never);
      }
    },
    countTokens: (chat) => session.countTokens(chat),
    logits: (text) => sentinel.during(mark, () => session.logits(text)),
    active: () => session.active(),
    release: () => session.release(),
  };
}
