import { z } from 'zod/mini';
import { printable, sha256Schema } from '../../catalog/fields.js';
import { lowerBound } from '../../evaluate/binomial.js';
import type { LearningSettings } from './learning-settings.js';

/** The low end of the agreement is above the true one with at most this probability. */
const AGREEMENT_DELTA = 0.05;

const count = z.int().check(z.nonnegative());

/** A candidate that answers beside what is in force, unheard. */
export const shadowSchema = z.object({
  revision: sha256Schema,
  /** The ladder revision that it is held against: under another one it has lost its point. */
  against: sha256Schema,
  lessons: count,
  /** Labels it learnt from answers and people. */
  labels: z.array(printable),
  /** Those of them that the lightest rung does not know yet. */
  newLabels: z.array(printable),
  /** Requests that it answered, too. */
  answers: count,
  /** Those whose final label is a new one. */
  newAnswers: count,
  /** Those it would have accepted by itself, and those of them with the final label. */
  accepted: count,
  agreed: count,
  /** Those that more than one tier was asked for. */
  climbed: count,
});

export type Shadow = z.infer<typeof shadowSchema>;

/** @param seen one request: what it was answered with, and what the candidate would have done */
export function countAnswer(
  shadow: Shadow,
  seen: {
    readonly label: string;
    readonly climbed: boolean;
    readonly candidate: { readonly label: string; readonly accepts: boolean };
  },
): Shadow {
  const { label, climbed, candidate } = seen;
  return {
    ...shadow,
    answers: shadow.answers + 1,
    newAnswers: shadow.newAnswers + Number(shadow.newLabels.includes(label)),
    accepted: shadow.accepted + Number(candidate.accepts),
    agreed: shadow.agreed + Number(candidate.accepts && candidate.label === label),
    climbed: shadow.climbed + Number(climbed),
  };
}

/**
 * Whether a candidate takes over: what it would have accepted agrees with the final answers about as often as its
 * calibration says it is right (the low end of the exact interval), and it climbs no more often than what is in force.
 * @param accuracy what its calibration saw, in [0, 1]
 */
export function judgeShadow(
  shadow: Shadow,
  { accuracy, settings }: { readonly accuracy: number; readonly settings: LearningSettings },
): 'go-on' | 'promote' | 'drop' {
  const { answers, accepted, agreed, climbed, newAnswers, newLabels } = shadow;
  const isSeen =
    answers >= settings.shadowAnswers && (newLabels.length === 0 || newAnswers >= settings.shadowNewAnswers);
  const agrees = lowerBound(agreed, accepted, AGREEMENT_DELTA) >= accuracy - settings.shadowMargin;
  if (isSeen && agrees && answers - accepted <= climbed) return 'promote';
  return answers >= settings.shadowLimit ? 'drop' : 'go-on';
}
