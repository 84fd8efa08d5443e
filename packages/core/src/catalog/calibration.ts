import { z } from 'zod/mini';
import { idSchema, sha256Schema } from './fields.js';

const rate = z.number().check(z.minimum(0), z.maximum(1));
const finite = z.number().check(z.minimum(-1e6), z.maximum(1e6));

/** P(right) = sigmoid(intercept + logit * logit(p_max) + margin * (log p_1 - log p_2)). */
const confidenceSchema = z.strictObject({ intercept: finite, logit: finite, margin: finite });

/** P(right at the longer path) = sigmoid(intercept + slope * logit(confidence so far)). */
const climbSchema = z.strictObject({ tier: idSchema, intercept: finite, slope: finite });

/** Lists that go together hold one value a tier. */
const ONE_A_TIER = 'one value a tier';

const pathSchema = z
  .strictObject({
    /** Tiers whose scores are fused, in the order they ran. */
    tiers: z.array(idSchema).check(z.minLength(1), z.maxLength(8)),
    /** Fusion weights, one a tier, temperatures included. */
    weights: z.array(z.number().check(z.minimum(0), z.maximum(1e3))).check(z.minLength(1), z.maxLength(8)),
    confidence: confidenceSchema,
    /** Out-of-scope scores from here on mean "none of the labels". */
    outOfScopeThreshold: rate,
    /** What each higher tier would add. */
    climbs: z.array(climbSchema).check(z.maxLength(8)),
  })
  .check(z.refine(({ tiers, weights }) => weights.length === tiers.length, { path: ['weights'], error: ONE_A_TIER }));

const pointSchema = z.strictObject({
  /** The share of calibration rows the threshold was placed for; the coverages are fixed beforehand. */
  coverage: rate,
  threshold: rate,
  accepted: z.int().check(z.nonnegative()),
  wrong: z.int().check(z.nonnegative()),
});

const ladderSchema = z
  .strictObject({
    tiers: z.array(idSchema).check(z.minLength(1), z.maxLength(8)),
    /** Accuracy that one unit of relative cost must buy before a climb is worth it. */
    exchangeRate: z.number().check(z.minimum(0), z.maximum(1e6)),
    /** Time of one run of each tier over that of the largest one, when calibrated. */
    relativeCosts: z.array(z.number().check(z.minimum(0), z.maximum(1e6))).check(z.minLength(1), z.maxLength(8)),
    paths: z.array(pathSchema).check(z.minLength(1), z.maxLength(128)),
    /** What the ladder did on calibration data when nothing was asked of it. */
    operating: z.strictObject({
      accuracy: rate,
      /** Share of rows each tier ran for, in the order of `tiers`. */
      calls: z.array(rate).check(z.minLength(1), z.maxLength(8)),
    }),
    /** Accepted and wrong at each threshold, strictest first, from confidences fitted on other rows. */
    grid: z.array(pointSchema).check(z.minLength(1), z.maxLength(1000)),
  })
  .check(
    z.refine(({ tiers, relativeCosts }) => relativeCosts.length === tiers.length, {
      path: ['relativeCosts'],
      error: ONE_A_TIER,
    }),
    z.refine(({ tiers, operating }) => operating.calls.length === tiers.length, {
      path: ['operating', 'calls'],
      error: ONE_A_TIER,
    }),
  );

export const calibrationSchema = z.strictObject({
  format: z.literal(1),
  domain: idSchema,
  data: z.strictObject({
    /** sha256 over the rows. */
    fingerprint: sha256Schema,
    rows: z.int().check(z.positive()),
    outOfScopeRows: z.int().check(z.nonnegative()),
    /** Where rows were left out until labels are among them as often as requests asked for them. */
    traffic: z.optional(
      z.strictObject({
        requests: z.int().check(z.positive()),
        /** Before some were left out. */
        rows: z.int().check(z.positive()),
        /** How much of the requests the rows stand for, label by label: 1 where the shares are the same. */
        overlap: rate,
      }),
    ),
  }),
  /** The variants and deltas it was made with; it is refused beside any others. */
  tiers: z.record(idSchema, z.strictObject({ variant: sha256Schema, delta: z.optional(sha256Schema) })),
  ladders: z.array(ladderSchema).check(z.minLength(1), z.maxLength(128)),
});

export type Calibration = z.infer<typeof calibrationSchema>;
export type LadderCalibration = z.infer<typeof ladderSchema>;
export type PathCalibration = z.infer<typeof pathSchema>;
export type ConfidenceMap = z.infer<typeof confidenceSchema>;
export type ClimbModel = z.infer<typeof climbSchema>;
export type GridPoint = z.infer<typeof pointSchema>;
