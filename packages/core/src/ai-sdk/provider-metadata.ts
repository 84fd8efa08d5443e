import type { SharedV3ProviderMetadata } from '@ai-sdk/provider';
import type { Result } from '../runtime/result.js';

/** What Terrace tells of an answer beside it; of several, the last one's and the cost of all. */
export function metadataOf(...results: readonly [Result, ...Result[]]): SharedV3ProviderMetadata {
  const last = results.at(-1)!;
  const { output, queued } = last;
  return {
    terrace: {
      ...answeredBy(last),
      outOfScope: output.kind === 'classification' ? output.outOfScope : null,
      queued: queued ?? null,
      costUsd: results.reduce((sum, { costUsd }) => sum + costUsd, 0),
    },
  };
}

/** Who answered, and how sure it was: of labels and of texts. */
export const answeredBy = ({
  requestId,
  tier,
  placement,
  path,
  confidence,
  verdict,
}: Pick<Result, 'requestId' | 'tier' | 'placement' | 'path' | 'confidence' | 'verdict'>) => ({
  requestId,
  tier,
  placement,
  path: [...path],
  confidence: confidence ?? null,
  verdict: verdict.kind,
  calibrated: verdict.calibrated,
  degraded: verdict.degraded ?? null,
});
