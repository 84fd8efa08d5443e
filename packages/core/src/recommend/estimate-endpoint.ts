import type { Calibration } from '../catalog/calibration.js';
import { costOfCall, type Endpoint } from '../catalog/endpoint.js';
import { labelsOf, type RemoteTier } from '../catalog/tier.js';
import type { VariantStatistics } from '../ports/ledger.js';
import { ENOUGH_RUNS, qualityOf, type Estimate } from './estimate.js';

/** What a call takes before one was made: a request on the premises, and one to a data centre that generates. */
const TYPICAL_MS: Readonly<Record<Endpoint['placement'], number>> = { site: 50, cloud: 800 };
/** Networks have longer tails than cores. */
const TAIL = 3;
/** A short question, and the instructions around it. */
export const QUESTION_TOKENS = 12;
const INSTRUCTION_TOKENS = 60;
export const CHARACTERS_PER_TOKEN = 4;
/** A label in JSON. */
const ANSWER_TOKENS = 12;

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
    costUsd: costOfCall(endpoint, typicalTokens(tier)),
    energyJoules: 0,
    quality: qualityOf(tier, calibration),
    basis: measured ? 'measured' : 'predicted',
  };
}

/** A chat model reads the whole list of labels with every question. */
export function typicalTokens(tier: RemoteTier): { inputTokens: number; outputTokens: number } {
  const isChat = tier.endpoint.protocol === 'openai' && tier.endpoint.tasks.includes('text-classification');
  if (!isChat) return { inputTokens: QUESTION_TOKENS, outputTokens: 0 };
  const characters = labelsOf(tier).reduce((sum, label) => sum + label.length + 2, 0);
  const inputTokens = QUESTION_TOKENS + INSTRUCTION_TOKENS + Math.ceil(characters / CHARACTERS_PER_TOKEN);
  return { inputTokens, outputTokens: ANSWER_TOKENS };
}
