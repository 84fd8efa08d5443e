import { z } from 'zod/mini';
import { idSchema, sha256Schema } from './fields.js';

const finite = z.number().check(z.minimum(-1e6), z.maximum(1e6));
const rate = z.number().check(z.minimum(0), z.maximum(1));
const count = z.int().check(z.nonnegative());

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
  /** Accepted and wrong at each threshold, strictest first, from confidences fitted on other rows. */
  grid: z
    .array(z.strictObject({ coverage: rate, threshold: rate, accepted: count, wrong: count }))
    .check(z.maxLength(1000)),
});

/** How sure answers of text tiers are: one file a domain. */
export const textCalibrationSchema = z.strictObject({
  format: z.literal(1),
  kind: z.literal('text'),
  domain: z.optional(idSchema),
  data: z.strictObject({ fingerprint: sha256Schema, rows: z.int().check(z.positive()) }),
  tiers: z.array(tierSchema).check(z.minLength(1), z.maxLength(16)),
});

export type TextCalibration = z.infer<typeof textCalibrationSchema>;
export type TextTierCalibration = z.infer<typeof tierSchema>;
export type TextConfidenceModel = z.infer<typeof modelSchema>;
