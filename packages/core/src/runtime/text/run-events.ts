import type { TextTraceEntry } from './text-trace.js';
import type { TierRun } from './tier-run.js';

/** What a trace says of a run that is over, however it ended. */
export function runEvents(run: TierRun): TextTraceEntry[] {
  const { tier } = run.rung;
  const { loadMs, loadedBytes: bytes, peakMemoryBytes = 0, redacted } = run.spent();
  const durationMs = run.durationMs();
  const { inputTokens, cachedTokens, outputTokens } = run.usage();
  const events: TextTraceEntry[] = [];
  if (loadMs > 0) {
    events.push({ kind: 'load', tier: tier.id, durationMs: loadMs, bytes, peakMemoryBytes, thread: 'worker' });
  }
  if (tier.kind === 'remote') {
    const { id, placement, endpoint } = tier;
    const tokens = inputTokens + outputTokens;
    const { protocol } = endpoint;
    events.push({ kind: 'call', tier: id, placement, protocol, durationMs, tokens, calls: 1, redacted });
  }
  const firstTokenMs = run.firstTokenMs();
  if (firstTokenMs !== undefined) {
    events.push({ kind: 'generate', tier: tier.id, inputTokens, cachedTokens, outputTokens, firstTokenMs, durationMs });
  }
  return events;
}
