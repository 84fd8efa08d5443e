import type { Calibration } from '../catalog/calibration.js';
import type { Endpoint } from '../catalog/endpoint.js';
import { costOfQuestion } from '../catalog/question-tokens.js';
import type { RemoteTier } from '../catalog/tier.js';
import type { VariantStatistics } from '../ports/ledger.js';
import { ENOUGH_RUNS, qualityOf, type Estimate } from './estimate.js';

/** What a call takes before one was made: a request on the premises, and one to a data centre that generates. */
const TYPICAL_MS: Readonly<Record<Endpoint['placement'], number>> = { site: 50, cloud: 800 };
/** Networks have longer tails than cores. */
const TAIL = 3;

/** What a tier that somebody else runs is expected to take and to cost. It takes nothing of the device. */
export function estimateEndpoint({
  tier,
  statistics,
  calibration,
}: {
  tier: RemoteTier;
  statistics: VariantStatistics | undefined;
  calibration: Calibration | undefined;
}): Estimate {
  const { endpoint } = tier;
  const measured = statistics && statistics.runs >= ENOUGH_RUNS ? statistics : undefined;
  const predictedMs = endpoint.measuredMs ?? TYPICAL_MS[endpoint.placement];
  return {
    provider: 'remote',
    memoryBytes: 0,
    latencyMs: measured?.p50Ms ?? predictedMs,
    predictedMs,
    p95Ms: measured?.p95Ms ?? predictedMs * TAIL,
    loadMs: 0,
    costUsd: costOfQuestion(tier),
    energyJoules: 0,
    quality: qualityOf(tier, calibration),
    basis: measured ? 'measured' : 'predicted',
  };
}
