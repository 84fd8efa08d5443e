import { TerraceError } from '../errors/terrace-error.js';
import type { LoadEvent } from '../load/loader.js';
import type { DecisionRecord, LedgerEntry } from '../ports/ledger.js';
import type { Testimony } from '../run/run-tier.js';

/** One run of a request. */
export interface FinishedRun {
  readonly testimony: Testimony;
  readonly latencyMs: number;
  /** Whether the model was loaded before and ran this request by itself. */
  readonly typical: boolean;
  /** What it took of this device. */
  readonly energyJoules: number;
}

export function loadEntry({ tier, report, replaces }: LoadEvent, atWallMs: number): LedgerEntry {
  const { loadMs, bytesRead, peakMemoryBytes, warmRunMs } = report;
  const variantId = tier.variant.weights.sha256;
  return {
    kind: 'load',
    record: { atWallMs, variantId, tier: tier.id, replaces, loadMs, bytesRead, peakMemoryBytes, warmRunMs },
  };
}

/** Today's choices are deterministic: what was chosen had probability 1. */
export function decision(
  stage: DecisionRecord['stage'],
  path: readonly string[],
  chosen: string,
  alternatives: readonly string[],
  confidence: number | undefined,
): DecisionRecord {
  const all = Object.fromEntries([...alternatives, chosen].map((each) => [each, each === chosen ? 1 : 0]));
  return { stage, path: path.join('+'), chosen, alternatives: all, confidence };
}

/** A fault that is not ours has no code of ours; its message may quote the request, so it is never kept. */
export const errorCode = (error: unknown): string => (TerraceError.isInstance(error) ? error.code : 'INTERNAL');
