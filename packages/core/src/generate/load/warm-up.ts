import type { TextThreadReport } from '../worker/text-worker.js';
import type { Caches, TextGraph } from '../graph/text-graph.js';

const TOKENS = 8;
/** No more runs once they have taken so long together: some hosts need a second for a token. */
const WARM_MS = 500;
/** Half a tick of the clock of a page: a shorter run looks as if it took no time. */
const LEAST_MS = 0.05;

/**
 * A prompt of a few tokens and a few tokens behind it, before the first job: code is compiled during them, so the
 * fastest run is the speed.
 */
export async function warmUp<C extends Caches>(
  graph: TextGraph<C>,
  text: Int32Array,
  nowMs: () => number,
): Promise<Pick<TextThreadReport, 'prefillTokensPerSecond' | 'decodeTokensPerSecond'>> {
  const ids = text.slice(0, Math.min(TOKENS, graph.chunkTokens));
  const startMs = nowMs();
  const timed = async (feed: Int32Array, caches: C): Promise<{ caches: C; runMs: number }> => {
    const fromMs = nowMs();
    const step = await graph.run({ ids: feed, columns: feed.length, caches, keep: false, logits: 'last' });
    return { caches: step.caches, runMs: Math.max(LEAST_MS, nowMs() - fromMs) };
  };
  let prompt = await timed(ids, graph.empty());
  let promptMs = prompt.runMs;
  if (nowMs() - startMs < WARM_MS) {
    prompt.caches.release();
    prompt = await timed(ids, graph.empty());
    promptMs = Math.min(promptMs, prompt.runMs);
  }
  let last = await timed(ids.subarray(0, 1), prompt.caches);
  let tokenMs = last.runMs;
  for (let i = 1; i < TOKENS && nowMs() - startMs < WARM_MS; i++) {
    last = await timed(ids.subarray(0, 1), last.caches);
    tokenMs = Math.min(tokenMs, last.runMs);
  }
  last.caches.release();
  return { prefillTokensPerSecond: (ids.length * 1000) / promptMs, decodeTokensPerSecond: 1000 / tokenMs };
}
