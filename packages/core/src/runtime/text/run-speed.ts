import type { TextSpeed } from '../../text/plan/predict-text.js';
import type { TierRun } from './tier-run.js';

/** With fewer tokens a time says more of the clock than of the model. */
const ENOUGH_TOKENS = 16;

/** How fast a run was, as far as it tells; `before` is kept where it does not. */
export function speedOf(run: TierRun, before: TextSpeed | undefined): TextSpeed | undefined {
  // Side by side each of several answers is slower than one by itself.
  if (run.pieces.length > 1) return before;
  const { inputTokens, cachedTokens, outputTokens } = run.usage();
  const decode = outputTokens >= ENOUGH_TOKENS ? run.tokensPerSecond() : undefined;
  const readTokens = inputTokens - cachedTokens;
  const readMs = run.end?.timings?.prefillMs ?? run.firstTokenMs() ?? 0;
  const prefill = readTokens >= ENOUGH_TOKENS && readMs > 0 ? (readTokens / readMs) * 1000 : undefined;
  const prefillTokensPerSecond = prefill ?? before?.prefillTokensPerSecond;
  const decodeTokensPerSecond = decode ?? before?.decodeTokensPerSecond;
  if (prefillTokensPerSecond === undefined || decodeTokensPerSecond === undefined) return before;
  return { prefillTokensPerSecond, decodeTokensPerSecond };
}
