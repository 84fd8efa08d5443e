import { z } from 'zod';
import { endpointSchema } from './endpoint.js';
import {
  dtypeSchema,
  fileSchema,
  idSchema,
  labelSchema,
  languageSchema,
  line,
  placementSchema,
  printable,
  sha256Schema,
  taskSchema,
} from './fields.js';

const variantSchema = z.strictObject({
  dtype: dtypeSchema,
  /** Execution providers this artifact is meant for. */
  providers: z.array(line).min(1),
  weights: fileSchema,
});

/** What a manifest and the catalog say alike about a delta, and each in its own words about its sub-domains. */
export const deltaFields = {
  id: idSchema,
  domain: idSchema,
  base: z.strictObject({ id: idSchema, files: z.record(printable, sha256Schema) }),
  rank: z.number().int().nonnegative().max(1024),
  labels: z.array(labelSchema).min(1).max(65_536),
  outOfScopeLabel: printable.nullable().default(null),
};
/** Sub-domain name to the labels under it. */
export const subDomainsSchema = z.record(printable, z.array(printable)).default({});

/** What a manifest and the catalog say alike about a model. */
export const modelFields = {
  id: idSchema,
  task: taskSchema,
  interface: z.enum(['terrace', 'transformers']).default('terrace'),
  language: z.array(languageSchema).min(1),
  contextTokens: z.number().int().positive(),
  licence: line,
  publisher: line,
  /** As the publisher counts; content ids tell what is really there. */
  version: line.max(64).optional(),
  upstream: printable.max(256).optional(),
  /** Where weights that are not in the folder are fetched from: a URL, or `hf:owner/name@commit`. */
  source: printable.min(1).max(2048).optional(),
  /** The next larger model of the family. */
  parent: idSchema.optional(),
  layers: z.number().int().nonnegative(),
  heads: z.number().int().positive().optional(),
  hidden: z.number().int().positive(),
  features: z.number().int().positive(),
  flopsPerToken: z.number().nonnegative(),
  /** Label names of a classifier that carries its own head. */
  labels: z.array(labelSchema).optional(),
  placement: placementSchema.default('device'),
};

const modelSchema = z.strictObject({
  ...modelFields,
  tokenizer: fileSchema,
  tokenizerConfig: fileSchema.optional(),
  /** What the model is known to answer: `golden.ts`. */
  golden: fileSchema.optional(),
  variants: z.array(variantSchema).min(1),
});

/** What is wrong with the labels of a delta: scores are told apart by them. Undefined when they are sound. */
export function labelFault(
  { labels, outOfScopeLabel }: { readonly labels: readonly string[]; readonly outOfScopeLabel: string | null },
  subDomains: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  const known = new Set(labels);
  if (known.size < labels.length) return 'each label once';
  const named = [...(outOfScopeLabel === null ? [] : [outOfScopeLabel]), ...Object.values(subDomains).flat()];
  const unknown = named.find((label) => !known.has(label));
  return unknown === undefined
    ? undefined
    : `all labels that are named elsewhere; "${unknown.slice(0, 80)}" is missing`;
}

const deltaSchema = z
  .strictObject({
    /** Content id: sha256 over the sorted sha256 of its files. */
    contentId: sha256Schema,
    ...deltaFields,
    subDomains: subDomainsSchema,
    head: fileSchema,
    adapter: fileSchema.optional(),
    adapterConfig: fileSchema.optional(),
  })
  .superRefine((delta, context) => {
    const message = labelFault(delta, delta.subDomains);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['labels'], message });
  });

const domainSchema = z.strictObject({
  id: idSchema,
  task: taskSchema,
  /** Content id of {deltas, calibration}: what a rollback goes back to. */
  ladderRevision: sha256Schema,
  subDomains: z.array(printable).default([]),
  calibration: fileSchema.optional(),
});

const ladderSchema = z.strictObject({
  id: idSchema,
  task: taskSchema,
  /** Model ids, lightest first. */
  models: z.array(idSchema).min(1),
});

export const catalogSchema = z.strictObject({
  format: z.literal(1),
  /** sha256 of the catalog's canonical JSON without this field. */
  revision: sha256Schema,
  models: z.array(modelSchema),
  deltas: z.array(deltaSchema),
  domains: z.array(domainSchema),
  ladders: z.array(ladderSchema),
  /** Models that somebody else runs; absent where there are none. */
  endpoints: z.array(endpointSchema).max(1024).optional(),
});

export type Variant = z.infer<typeof variantSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Delta = z.infer<typeof deltaSchema>;
export type Domain = z.infer<typeof domainSchema>;
export type Ladder = z.infer<typeof ladderSchema>;
export type Catalog = z.infer<typeof catalogSchema>;
