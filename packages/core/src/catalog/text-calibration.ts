import { z } from 'zod/mini';
import { idSchema, sha256Schema } from './fields.js';

const finite = z.number().check(z.minimum(-1e6), z.maximum(1e6));
const rate = z.number().check(z.minimum(0), z.maximum(1));

/** The features of an answer that its confidence is computed from, in the order of weights. Appended to, never changed. */
export const TEXT_FEATURES = [
  'logProbQ10',
  'logProbQ50',
  'logProbMin',
  'logProbMean',
  'logProbFirst',
  'logTokens',
  'finished',
  'valid',
  'checked',
  'agreement',
] as const;
export type TextFeature = (typeof TEXT_FEATURES)[number];

/** P(right) = sigmoid(intercept + sum of weight * (value - mean) / spread); a feature that nobody knows counts as its mean. */
const modelSchema = z
  .strictObject({
    features: z.array(z.enum(TEXT_FEATURES)).check(z.minLength(1), z.maxLength(32)),
    intercept: finite,
    weights: z.array(finite).check(z.maxLength(32)),
    means: z.array(finite).check(z.maxLength(32)),
    spreads: z.array(z.number().check(z.positive(), z.maximum(1e6))).check(z.maxLength(32)),
  })
  .check(
    z.refine(
      ({ features, ...columns }) =>
        [columns.weights, columns.means, columns.spreads].every(({ length }) => length === features.length),
      { path: ['features'], error: 'one weight, mean and spread a feature' },
    ),
  );

/** Confidences of rows are kept in so many steps, rounded down: thresholds are steps too, so that as many are accepted as were counted. */
export const CONFIDENCE_STEPS = 10_000;
/** Instead of a confidence. */
export const NO_ANSWER = -1;
/** More tell little more, and a host reads them at every start. */
export const MAX_CALIBRATION_ROWS = 4096;

const confidences = z.array(z.int().check(z.minimum(NO_ANSWER), z.maximum(CONFIDENCE_STEPS)));

/**
 * What a tier answered to each question, in the same order for all tiers of a file: bounds of walks are certified on them,
 * as which tiers are open is only known then. Confidences are of models that were fitted without the row.
 */
const rowsSchema = z
  .strictObject({
    /** Of the answer; -1 where there was none. */
    whole: confidences.check(z.minLength(1), z.maxLength(MAX_CALIBRATION_ROWS)),
    /** Of its first tokens; -1 where it was over before them. */
    early: confidences.check(z.maxLength(MAX_CALIBRATION_ROWS)),
    /** 1 where it was right. */
    right: z.array(z.int().check(z.minimum(0), z.maximum(1))).check(z.maxLength(MAX_CALIBRATION_ROWS)),
  })
  .check(
    z.refine(({ whole, early, right }) => early.length === whole.length && right.length === whole.length, {
      path: ['whole'],
      error: 'one confidence of each kind and one verdict a row',
    }),
  );

const tierSchema = z.strictObject({
  tier: idSchema,
  /** Of the weights, or of the endpoint; and what else it was asked with. It is refused beside any others. */
  variant: sha256Schema,
  delta: z.optional(sha256Schema),
  template: z.optional(sha256Schema),
  /** Of a finished answer. */
  whole: modelSchema,
  /** Of the first `firstTokens` tokens, on which a stream is decided before it is shown. */
  early: z.optional(modelSchema),
  firstTokens: z._default(z.int().check(z.positive(), z.maximum(256)), 8),
  /** Share of calibration rows it answered rightly. */
  accuracy: rate,
  rows: rowsSchema,
});

/** How sure answers of text tiers are: one file a domain. */
export const textCalibrationSchema = z.strictObject({
  format: z.literal(1),
  kind: z.literal('text'),
  domain: z.optional(idSchema),
  data: z.strictObject({ fingerprint: sha256Schema, rows: z.int().check(z.positive()) }),
  tiers: z.array(tierSchema).check(
    z.minLength(1),
    z.maxLength(16),
    z.refine((tiers) => tiers.every(({ rows }) => rows.whole.length === tiers[0]!.rows.whole.length), {
      error: 'all tiers have the same rows',
    }),
  ),
});

export type TextRows = z.infer<typeof rowsSchema>;
export type TextCalibration = z.infer<typeof textCalibrationSchema>;
export type TextTierCalibration = z.infer<typeof tierSchema>;
export type TextConfidenceModel = z.infer<typeof modelSchema>;
