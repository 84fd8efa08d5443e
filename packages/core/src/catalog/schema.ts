import { z } from 'zod/mini';
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
  modelTaskSchema,
} from './fields.js';
import { textCatalogSchema } from './text-catalog.js';
import { textShapeSchema } from './text-shape.js';

const variantSchema = z.strictObject({
  dtype: dtypeSchema,
  /** Execution providers this artifact is meant for. */
  providers: z.array(line).check(z.minLength(1)),
  weights: fileSchema,
});

/** What a manifest and the catalog say alike about a delta, and each in its own words about its sub-domains. */
export const deltaFields = {
  id: idSchema,
  domain: idSchema,
  base: z.strictObject({ id: idSchema, files: z.record(printable, sha256Schema) }),
  rank: z.int().check(z.nonnegative(), z.maximum(1024)),
  /** What the product of the factors is multiplied with, alpha / rank in PEFT's words; 1 where it is absent. */
  scale: z.optional(z.number().check(z.positive(), z.maximum(1e4))),
  labels: z.array(labelSchema).check(z.minLength(1), z.maxLength(65_536)),
  outOfScopeLabel: z._default(z.nullable(printable), null),
};
/** Sub-domain name to the labels under it. */
export const subDomainsSchema = z._default(z.record(printable, z.array(printable)), {});

/** What a manifest and the catalog say alike about a model. */
export const modelFields = {
  id: idSchema,
  task: modelTaskSchema,
  interface: z._default(z.enum(['terrace', 'transformers']), 'terrace'),
  language: z.array(languageSchema).check(z.minLength(1)),
  contextTokens: z.int().check(z.positive()),
  licence: line,
  publisher: line,
  /** As the publisher counts; content ids tell what is really there. */
  version: z.optional(line.check(z.maxLength(64))),
  upstream: z.optional(printable.check(z.maxLength(256))),
  /** Where weights that are not in the folder are fetched from: a URL, or `hf:owner/name@commit`. */
  source: z.optional(printable.check(z.minLength(1), z.maxLength(2048))),
  /** The next larger model of the family. */
  parent: z.optional(idSchema),
  layers: z.int().check(z.nonnegative()),
  heads: z.optional(z.int().check(z.positive())),
  hidden: z.int().check(z.positive()),
  features: z.int().check(z.positive()),
  flopsPerToken: z.number().check(z.nonnegative()),
  /** Label names of a classifier that carries its own head. */
  labels: z.optional(z.array(labelSchema)),
  placement: z._default(placementSchema, 'device'),
  /** Of a model that generates text, and of no other. */
  text: z.optional(textShapeSchema),
};

const modelSchema = z.strictObject({
  ...modelFields,
  tokenizer: fileSchema,
  tokenizerConfig: z.optional(fileSchema),
  /** What the model is known to answer: `golden.ts`. */
  golden: z.optional(fileSchema),
  variants: z.array(variantSchema).check(z.minLength(1)),
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
    adapter: z.optional(fileSchema),
    adapterConfig: z.optional(fileSchema),
  })
  .check(
    z.superRefine((delta, context) => {
      const message = labelFault(delta, delta.subDomains);
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['labels'], message });
    }),
  );

const domainSchema = z.strictObject({
  id: idSchema,
  task: taskSchema,
  /** Content id of {deltas, calibration}: what a rollback goes back to. */
  ladderRevision: sha256Schema,
  subDomains: z._default(z.array(printable), []),
  calibration: z.optional(fileSchema),
});

const ladderSchema = z.strictObject({
  id: idSchema,
  task: modelTaskSchema,
  /** Model ids, lightest first. */
  models: z.array(idSchema).check(z.minLength(1)),
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
  endpoints: z.optional(z.array(endpointSchema).check(z.maxLength(1024))),
  /** What tiers that generate text have beside their weights; absent where there is nothing. */
  text: z.optional(textCatalogSchema),
});

export type Variant = z.infer<typeof variantSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Delta = z.infer<typeof deltaSchema>;
export type Domain = z.infer<typeof domainSchema>;
export type Ladder = z.infer<typeof ladderSchema>;
export type Catalog = z.infer<typeof catalogSchema>;
