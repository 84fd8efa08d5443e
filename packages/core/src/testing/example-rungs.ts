import type { LadderCalibration } from '../catalog/calibration.js';
import { findLadder, findPath } from '../catalog/find-ladder.js';
import { candidateTiers, type LocalTier } from '../catalog/tier.js';
import type { Evidence } from '../judge/judge.js';
import type { Estimate } from '../recommend/estimate.js';
import type { LocalRung } from '../recommend/choose-ladder.js';
import type { Testimony } from '../run/run-tier.js';
import { logSoftmax } from '../tasks/text-classification/label-scores.js';
import { exampleCalibration } from './example-calibration.js';
import { exampleBase, exampleCatalog, exampleModel, exampleNano } from './example-catalog.js';

const catalog = exampleCatalog({
  models: [exampleNano(), exampleModel({ id: 'small', layers: 3, flopsPerToken: 10_000_000 }), exampleBase()],
});

/** `nano`, `small` or `base` in the domain `bank`. */
export function exampleTier(id: string): LocalTier {
  const tiers = candidateTiers(catalog, { task: 'text-classification', domain: 'bank', subDomain: undefined });
  return tiers.find((tier): tier is LocalTier => tier.kind === 'local' && tier.id === id)!;
}

export function exampleRung(id: string, changes: Partial<Estimate> = {}): LocalRung {
  const estimate: Estimate = {
    provider: 'cpu',
    memoryBytes: 1000,
    latencyMs: 5,
    predictedMs: 5,
    p95Ms: 10,
    loadMs: 50,
    costUsd: 0,
    energyJoules: 0.001,
    quality: undefined,
    basis: 'predicted',
    ...changes,
  };
  return { tier: exampleTier(id), estimate };
}

export function exampleTestimony(id: string, logits: readonly number[], changes: Partial<Testimony> = {}): Testimony {
  const tier = exampleTier(id);
  const answer = { kind: 'scores', labels: tier.delta!.labels, logProbs: logSoftmax(logits) } as const;
  return { tier, answer, tokens: 8, textTokens: 8, unknownTokens: 0, runMs: 1, ...changes };
}

/** The ladder of these tiers as the example calibration has it. */
export const exampleLadderOf = (...tiers: string[]): LadderCalibration =>
  findLadder(exampleCalibration(catalog), tiers)!;

/** What a path of one tier says whose best label has this probability. */
export function exampleEvidence(tier: string, ladder: LadderCalibration | undefined, confidence = 0.9): Evidence {
  const rest = (1 - confidence) / 4;
  const testimony = exampleTestimony(tier, [confidence, rest, rest, rest, rest].map(Math.log));
  const calibration = findPath(ladder, [tier]);
  return { testimonies: [testimony], path: [tier], answer: testimony.answer, calibration };
}
