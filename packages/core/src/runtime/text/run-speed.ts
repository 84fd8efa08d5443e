import type { TextSpeed } from '../../text/plan/predict-text.js';
import type { TierRun } from './tier-run.js';

/** With fewer tokens a time says more of the clock than of the model. */
const ENOUGH_TOKENS = 16;
/** A shorter prompt tells nothing of a long one: the first run behind a load takes a second, however little it reads. */
const ENOUGH_READ_TOKENS = 128;

/** What is known of a variant's speed: perhaps one half of it. */
export type KnownSpeed = Partial<TextSpeed>;

/** How fast a run was, as far as it tells; `before` is kept where it does not. */
export function speedOf(run: TierRun, before: KnownSpeed | undefined): KnownSpeed | undefined {
  // Side by side each of several answers is slower than one by itself.
  if (run.pieces.length > 1) return before;
  const timings = run.end?.timings;
  // The clock of a run of this device has its load, its queue and its reader in it.
  if (run.rung.tier.kind === 'local' && !timings) return before;
  const { inputTokens, cachedTokens, outputTokens } = run.usage();
  const decode = outputTokens >= ENOUGH_TOKENS ? run.tokensPerSecond() : undefined;
  const readTokens = inputTokens - cachedTokens;
  const readMs = timings?.prefillMs ?? run.firstTokenMs() ?? 0;
  const prefill = readTokens >= ENOUGH_READ_TOKENS && readMs > 0 ? (readTokens / readMs) * 1000 : undefined;
  if (prefill === undefined && decode === undefined) return before;
  return {
    ...before,
    ...(prefill !== undefined && { prefillTokensPerSecond: prefill }),
    ...(decode !== undefined && { decodeTokensPerSecond: decode }),
  };
}
