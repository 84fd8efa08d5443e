import type { SharedV3ProviderMetadata } from '@ai-sdk/provider';
import type { Result } from '../runtime/result.js';

/** What Terrace tells of an answer beside it; of several, the last one's and the cost of all. */
export function metadataOf(...results: readonly [Result, ...Result[]]): SharedV3ProviderMetadata {
  const { requestId, tier, placement, path, confidence, verdict, output, queued } = results.at(-1)!;
  return {
    terrace: {
      requestId,
      tier,
      placement,
      path: [...path],
      confidence: confidence ?? null,
      verdict: verdict.kind,
      calibrated: verdict.calibrated,
      degraded: verdict.degraded ?? null,
      outOfScope: output.kind === 'classification' ? output.outOfScope : null,
      queued: queued ?? null,
      costUsd: results.reduce((sum, { costUsd }) => sum + costUsd, 0),
    },
  };
}
