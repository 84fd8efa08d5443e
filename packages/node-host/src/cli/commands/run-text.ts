import type { TextResult } from '@terrace/core/text';

/** What `--json` prints of an answer in text: the fields a program needs, in this order. */
export function publicTextResult({
  requestId,
  output,
  tier,
  placement,
  path,
  confidence,
  verdict,
  usage,
  citations,
  uncited,
  firstTokenMs,
  tokensPerSecond,
  costUsd,
  sentBytes,
  trace,
}: TextResult): object {
  const speed = { firstTokenMs: firstTokenMs ?? null, tokensPerSecond: tokensPerSecond ?? null };
  const told = citations ? { citations, uncited: uncited ?? null } : {};
  const sure = { confidence: confidence ?? null, verdict };
  return { requestId, output, tier, placement, path, ...sure, usage, ...told, ...speed, costUsd, sentBytes, trace };
}
