import { z } from 'zod/mini';
import { idSchema, line, printable, sha256Schema } from './fields.js';

const share = z.number().check(z.minimum(0), z.maximum(1));

/** A share of rows, with its 95 % interval. */
const measuredShareSchema = z.strictObject({
  value: share,
  interval: z.tuple([share, share]),
  rows: z.int().check(z.positive()),
});

/** How a delta came about and how good it was found to be: what `delta.json` tells from format 2 on. */
export const deltaFactsSchema = z.strictObject({
  /** How the head was fitted, or where it comes from. */
  method: z.enum(['logistic', 'incremental', 'composed', 'imported']),
  /** Rows it was fitted on; absent where nobody knows. */
  data: z.optional(
    z.strictObject({
      /** sha256 over texts and labels in order. */
      fingerprint: sha256Schema,
      rows: z.int().check(z.positive()),
    }),
  ),
  /** On rows that the fit has not seen: held out, or predicted by fits without them. */
  metrics: z.optional(
    z.strictObject({
      basis: z.enum(['held-out', 'cross-validated']),
      accuracy: measuredShareSchema,
      subDomains: z._default(z.record(printable, measuredShareSchema), {}),
    }),
  ),
  /** Content ids of what it was made from: the delta it replaces, or those it is composed of. */
  parents: z._default(z.array(sha256Schema).check(z.maxLength(16)), []),
  /** The release that made it. */
  madeWith: z.optional(line),
  /** The domains of a composed delta; labels begin with `<domain>/`. */
  composedOf: z.optional(z.array(idSchema).check(z.minLength(2), z.maxLength(16))),
});

export type MeasuredShare = z.infer<typeof measuredShareSchema>;
export type DeltaFacts = z.infer<typeof deltaFactsSchema>;
