import { z } from 'zod/mini';
import { placementSchema, taskSchema } from '../catalog/fields.js';

/**
 * A request as it may come from anywhere, for whoever describes an interface or reads a request within something else.
 * `parseRequest` is the same by hand, as a page would pay for the schema library with every visit.
 */
export const requestSchema = z.strictObject({
  task: z._default(taskSchema, 'text-classification'),
  text: z.string(),
  domain: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  subDomain: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  /** Smallest calibrated probability of being right that is accepted, in [0, 1]. */
  minConfidence: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  /** Largest share of wrong answers among accepted ones, in (0, 1); needs a certificate. */
  maxRisk: z.optional(z.number().check(z.gt(0), z.lt(1))),
  /** Milliseconds until the best answer so far is wanted. */
  deadlineMs: z.optional(z.number().check(z.positive(), z.maximum(86_400_000))),
  /** Most that all calls for it together may cost. */
  maxCostUsd: z.optional(z.number().check(z.nonnegative())),
  /** What a right answer is worth: a climb that costs money must be expected to earn its price. */
  valueUsd: z._default(z.number().check(z.positive(), z.maximum(1e6)), 0.01),
  /** Furthest placement the text may travel to. */
  residency: z._default(placementSchema, 'cloud'),
  /** `cascade` climbs; a tier id runs that tier alone, without fusion. */
  policy: z._default(z.string().check(z.minLength(1), z.maxLength(128)), 'cascade'),
  /** Who goes first where requests wait. */
  priority: z._default(z.enum(['high', 'normal', 'low']), 'normal'),
  /** When the tier it needs cannot be reached: the best answer so far, or that and a better one later. */
  whenOffline: z._default(z.enum(['degrade', 'queue']), 'degrade'),
});

/** As a caller writes it: what has a default may be left out. */
export type RequestInput = z.input<typeof requestSchema>;
/** As it was parsed. */
export type Request = z.infer<typeof requestSchema> & { readonly textBytes: number };
