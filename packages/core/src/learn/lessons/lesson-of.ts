import { labelSchema } from '../../catalog/fields.js';
import type { FeedbackRecord } from '../../ports/ledger.js';
import type { Observation } from '../../ports/learning.js';
import type { AskedText, Lesson } from '../../ports/lesson-store.js';
import type { Random } from '../../ports/random.js';

/** A teacher that is less sure than this teaches nothing: P(right) = .6. */
const LEAST_WEIGHT = 0.2;
/** Of an answer that nobody else confirmed, kept so that lessons are not hard rows alone. */
const SAMPLE_WEIGHT = 0.5;
const MAX_LABEL_CHARACTERS = 256;

interface Given {
  /** Whether the label means "none of the labels": a text that is foreign to one tier may be known to another. */
  readonly isOutOfScope: boolean;
  /** Whether feedback has shown that the last tier is wrong too often. */
  readonly isDistrusted: boolean;
  readonly sampleShare: number;
  readonly random: Random;
  readonly atWallMs: number;
}

/**
 * What an answered request teaches: the answer of a climb, weighed by how sure it is, and a small sample of the others.
 * Undefined where it teaches nothing.
 */
export function lessonOf(observation: Observation, given: Given): Lesson | undefined {
  const taught = taughtBy(observation, given);
  if (!taught) return undefined;
  const { requestId, domain, text, label, residency } = observation;
  return { domain, text, label, requestId, residency, atWallMs: given.atWallMs, ...taught };
}

function taughtBy(
  { verdict, said, label, confidence }: Observation,
  { isOutOfScope, isDistrusted, sampleShare, random }: Given,
): Pick<Lesson, 'source' | 'teacher' | 'weight'> | undefined {
  const last = said.at(-1);
  if (verdict !== 'accept' || !last) return undefined;
  const teacher = last.tier;
  if (said.length === 1) {
    if (isOutOfScope || isDistrusted || random() >= sampleShare) return undefined;
    return { source: 'agreement', teacher, weight: SAMPLE_WEIGHT };
  }
  if (said.filter((each) => each.label === label).length > 1) return { source: 'agreement', teacher, weight: 1 };
  if (isOutOfScope || last.label !== label || confidence === undefined) return undefined;
  const weight = Math.max(0, Math.min(1, (confidence - 0.5) * 2));
  return weight < LEAST_WEIGHT ? undefined : { source: 'teacher', teacher, weight };
}

/** What a person's word on an answer teaches; undefined where it names no label, or none that could be one. */
export function correctionOf(asked: AskedText, { right, correction, atWallMs }: FeedbackRecord): Lesson | undefined {
  const label = right ? asked.label : correction;
  if (label === undefined || label.length > MAX_LABEL_CHARACTERS || !labelSchema.safeParse(label).success)
    return undefined;
  const { domain, text, requestId, residency } = asked;
  return { domain, text, label, source: 'correction', teacher: undefined, requestId, weight: 1, residency, atWallMs };
}
