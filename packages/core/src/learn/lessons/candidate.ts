import type { Calibration } from '../../catalog/calibration.js';
import { findPath } from '../../catalog/find-ladder.js';
import type { Delta } from '../../catalog/schema.js';
import { climbOptions } from '../../escalate/climb-utility.js';
import { confidenceFeatures, probabilityRight } from '../../judge/confidence.js';
import type { Revision } from '../../ports/revision-store.js';
import type { LocalRung } from '../../recommend/choose-ladder.js';
import { argmax, fuseLogProbs, logSoftmax } from '../../tasks/text-classification/label-scores.js';
import type { Workshop } from '../workshop.js';

/** As a tier without a calibration is judged. */
const UNCALIBRATED_THRESHOLD = 0.9;

/** The lightest rung of a revision that is not in force, asked by the way. */
export interface Candidate {
  /** What its calibration saw the ladder do, in [0, 1]; the accuracy of its delta where it has none. */
  readonly accuracy: number;
  /** @throws EngineError, the signal's reason */
  answer(text: string, signal: AbortSignal): Promise<{ readonly label: string; readonly accepts: boolean }>;
}

/** @returns undefined where no rung of this device has a delta in the revision */
export async function openCandidate({
  revision,
  calibration,
  workshop,
  signal,
}: {
  readonly revision: Revision;
  readonly calibration: Calibration | undefined;
  readonly workshop: Workshop;
  readonly signal: AbortSignal;
}): Promise<Candidate | undefined> {
  const deltaOf = ({ tier }: LocalRung): Delta | undefined =>
    revision.deltas.find(({ base }) => base.id === tier.model.id);
  const rungs = (await workshop.rungs(signal)).filter((rung) => deltaOf(rung) !== undefined);
  const [rung] = rungs;
  const delta = rung && deltaOf(rung);
  if (!delta) return undefined;
  const accepts = acceptance(calibration, rung.tier.id);
  return {
    accuracy: longestLadder(calibration, rung.tier.id)?.operating.accuracy ?? UNCALIBRATED_THRESHOLD,
    async answer(text, signalOfText) {
      const lease = await workshop.borrow(rung, { delta, signal: signalOfText });
      try {
        const input = { task: 'text-classification', text, deltaId: delta.contentId } as const;
        const { values } = await lease.session.run(input, { signal: signalOfText });
        const logProbs = logSoftmax(values);
        return { label: delta.labels[argmax(logProbs)]!, accepts: accepts(logProbs) };
      } finally {
        lease.done();
      }
    },
  };
}

const longestLadder = (calibration: Calibration | undefined, tier: string) =>
  calibration?.ladders.filter(({ tiers }) => tiers[0] === tier).toSorted((a, b) => b.tiers.length - a.tiers.length)[0];

/** Whether a request without demands would end at the tier: no climb from there is worth its price. */
function acceptance(calibration: Calibration | undefined, tier: string): (logProbs: Float64Array) => boolean {
  const ladder = longestLadder(calibration, tier);
  const path = findPath(ladder, [tier]);
  if (!ladder || !path) return (logProbs) => Math.exp(Math.max(...logProbs)) >= UNCALIBRATED_THRESHOLD;
  const { exchangeRate, tiers, relativeCosts } = ladder;
  const costOf = (id: string): number => relativeCosts[tiers.indexOf(id)] ?? 0;
  return (logProbs) => {
    const scores = fuseLogProbs([logProbs], path.weights);
    const confidence = probabilityRight(confidenceFeatures(scores), path.confidence);
    const [best] = climbOptions({ confidence, climbs: path.climbs, exchangeRate, costOf });
    return (best?.utility ?? 0) <= 0;
  };
}
