import type { LadderCalibration, PathCalibration } from '../catalog/calibration.js';
import { findPath } from '../catalog/find-ladder.js';
import { calibratedAs } from '../catalog/tier.js';
import type { Testimony } from '../run/run-tier.js';
import { fuseLogProbs, reorder } from '../tasks/text-classification/label-scores.js';
import type { TierAnswer } from '../tasks/answer.js';
import { confidenceFeatures, probabilityRight } from './confidence.js';
import type { Certificate } from './risk-control.js';

/** Without a calibration the raw probability is all there is, and it must be high. */
const UNCALIBRATED_THRESHOLD = 0.9;

/** All that is known of a request so far. */
export interface Evidence {
  readonly testimonies: readonly Testimony[];
  /** Tiers whose scores make up the answer; fewer than ran when one replaced the others. */
  readonly path: readonly string[];
  /** What the answer is read from. */
  readonly answer: TierAnswer;
  readonly calibration: PathCalibration | undefined;
}

/**
 * The evidence with one more testimony. Scores are fused with those of the tiers before over the same
 * label space; over another space, or without scores, the higher tier replaces what was there.
 */
export function addTestimony(
  before: Evidence | undefined,
  testimony: Testimony,
  ladder: LadderCalibration | undefined,
): Evidence {
  const testimonies = [...(before?.testimonies ?? []), testimony];
  const fused = fuse(testimonies, ladder);
  if (fused) return { testimonies, ...fused };
  const path = [testimony.tier.id];
  // A confidence map reads scores: what comes without them is beyond it.
  const calibration = testimony.answer.kind === 'scores' ? findPath(ladder, [calibratedAs(testimony.tier)]) : undefined;
  return { testimonies, path, answer: testimony.answer, calibration };
}

/** The same testimonies under another ladder, whose fusion and confidence differ. */
export function readAgain(evidence: Evidence | undefined, ladder: LadderCalibration | undefined): Evidence | undefined {
  let again: Evidence | undefined;
  for (const testimony of evidence?.testimonies ?? []) again = addTestimony(again, testimony, ladder);
  return again;
}

function fuse(
  testimonies: readonly Testimony[],
  ladder: LadderCalibration | undefined,
): Pick<Evidence, 'path' | 'answer' | 'calibration'> | undefined {
  const path = testimonies.map(({ tier }) => tier.id);
  const calibration = findPath(
    ladder,
    testimonies.map(({ tier }) => calibratedAs(tier)),
  );
  const last = testimonies.at(-1)!.answer;
  if (!calibration || last.kind !== 'scores') return undefined;
  const aligned = testimonies.map(({ answer }) =>
    answer.kind === 'scores' ? reorder(answer.logProbs, answer.labels, last.labels) : undefined,
  );
  const scores = aligned.filter((each) => each !== undefined);
  if (scores.length < aligned.length) return undefined;
  const logProbs = fuseLogProbs(scores, calibration.weights);
  return { path, calibration, answer: { kind: 'scores', labels: last.labels, logProbs } };
}

export interface Demand {
  readonly minConfidence: number | undefined;
  readonly maxRisk: number | undefined;
  /** The certificate for `maxRisk`; undefined when nothing could be certified or none was asked for. */
  readonly certificate: Certificate | undefined;
  /** False when the text is in a script or vocabulary the tiers cannot read. */
  readonly readable: boolean;
  /** True when feedback has shown that the last tier is wrong more often than it may be. */
  readonly distrusted: boolean;
}

/** `confidence`: P(right) in [0, 1], or undefined where the task has none. */
export type Judgement =
  | { readonly kind: 'accept'; readonly confidence: number | undefined; readonly calibrated: boolean }
  | {
      readonly kind: 'escalate';
      /** `uncalibrated`: nothing was demanded, but a raw score this low is no reason to stop early. */
      readonly reason: 'confidence' | 'risk' | 'uncertified' | 'language' | 'drift' | 'uncalibrated';
      readonly confidence: number | undefined;
      readonly calibrated: boolean;
    };

/** Whether the evidence is good enough for what the request demands. Pure. */
export function judge(evidence: Evidence, demand: Demand): Judgement {
  const calibrated = evidence.calibration !== undefined;
  const confidence = confidenceOf(evidence);
  if (!demand.readable) return { kind: 'escalate', reason: 'language', confidence, calibrated };
  // Its confidence is what feedback has shown to be wrong.
  if (demand.distrusted) return { kind: 'escalate', reason: 'drift', confidence, calibrated: false };
  const { minConfidence, maxRisk, certificate } = demand;
  if (confidence === undefined) return withoutConfidence(evidence, demand, calibrated);
  if (maxRisk !== undefined && (!certificate || !calibrated)) {
    return { kind: 'escalate', reason: 'uncertified', confidence, calibrated };
  }
  if (certificate && confidence < certificate.threshold)
    return { kind: 'escalate', reason: 'risk', confidence, calibrated };
  if (minConfidence !== undefined && confidence < minConfidence) {
    return { kind: 'escalate', reason: 'confidence', confidence, calibrated };
  }
  if (!calibrated && minConfidence === undefined && confidence < UNCALIBRATED_THRESHOLD) {
    return { kind: 'escalate', reason: 'uncalibrated', confidence, calibrated };
  }
  return { kind: 'accept', confidence, calibrated };
}

/** An embedding has none and needs none; a label whose confidence nobody knows meets no demand for one. */
function withoutConfidence({ answer }: Evidence, { minConfidence, maxRisk }: Demand, calibrated: boolean): Judgement {
  const confidence = undefined;
  if (answer.kind === 'label' && maxRisk !== undefined)
    return { kind: 'escalate', reason: 'uncertified', confidence, calibrated };
  if (answer.kind === 'label' && minConfidence !== undefined)
    return { kind: 'escalate', reason: 'confidence', confidence, calibrated };
  return { kind: 'accept', confidence, calibrated };
}

function confidenceOf({ answer, calibration }: Evidence): number | undefined {
  if (answer.kind === 'label') return answer.confidence;
  if (answer.kind !== 'scores') return undefined;
  if (calibration) return probabilityRight(confidenceFeatures(answer.logProbs), calibration.confidence);
  return Math.exp(Math.max(...answer.logProbs));
}
