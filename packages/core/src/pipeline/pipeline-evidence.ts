import type { LadderCalibration } from '../catalog/calibration.js';
import { findPath } from '../catalog/find-ladder.js';
import type { Evidence } from '../judge/judge.js';
import { fuseLogProbs, reorder } from '../tasks/text-classification/label-scores.js';
import type { PipelineTestimony, PipelineTier } from './pipeline-tier.js';

/** A rung with what it said. */
export interface HeardTier extends PipelineTestimony {
  readonly tier: PipelineTier;
}

/** All that is known of an input so far, as judges of requests read it. */
export interface PipelineEvidence extends Evidence {
  readonly heard: readonly HeardTier[];
}

/**
 * The evidence with one more answer. Scores over the same labels are fused where the path was calibrated; otherwise
 * the higher tier replaces what was there.
 */
export function addAnswer(
  before: PipelineEvidence | undefined,
  heard: HeardTier,
  calibration: LadderCalibration | undefined,
): PipelineEvidence {
  const all = [...(before?.heard ?? []), heard];
  const fused = fuse(all, calibration);
  if (fused) return { testimonies: [], heard: all, ...fused };
  const path = [heard.tier.id];
  const { answer } = heard;
  const own = answer.kind === 'scores' ? findPath(calibration, path) : undefined;
  return { testimonies: [], heard: all, path, answer, calibration: own };
}

function fuse(
  heard: readonly HeardTier[],
  ladder: LadderCalibration | undefined,
): Pick<Evidence, 'path' | 'answer' | 'calibration'> | undefined {
  const path = heard.map(({ tier }) => tier.id);
  const calibration = findPath(ladder, path);
  const last = heard.at(-1)!.answer;
  if (!calibration || last.kind !== 'scores') return undefined;
  const { labels } = last;
  const scores = heard.flatMap(({ answer }) => {
    const aligned = answer.kind === 'scores' ? reorder(answer.logProbs, answer.labels, labels) : undefined;
    return aligned ? [aligned] : [];
  });
  if (scores.length < heard.length) return undefined;
  return { path, calibration, answer: { kind: 'scores', labels, logProbs: fuseLogProbs(scores, calibration.weights) } };
}
