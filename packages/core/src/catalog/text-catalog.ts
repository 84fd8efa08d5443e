import { z } from 'zod/mini';
import { fileSchema, idSchema, line, printable, sha256Schema } from './fields.js';

/** Longest text of a template, in characters. */
const MAX_TEMPLATE = 65_536;

/** How tiers of a family are asked: the smallest delta there is. Immutable: another wording is another version. */
export const promptTemplateSchema = z.strictObject({
  /** sha256 of the canonical JSON of the rest. */
  contentId: sha256Schema,
  id: idSchema,
  /** Of models (`TextShape.family`), or the id of an endpoint. */
  family: line.check(z.maxLength(128)),
  version: z.int().check(z.positive()),
  /** Stands before what the caller's own system message says. */
  system: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_TEMPLATE))),
  /** Jinja, in place of the model's own; of no use to endpoints, which have theirs. */
  chatTemplate: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_TEMPLATE))),
});

/** What makes a text tier another one in a domain. */
export const textDeltaSchema = z.strictObject({
  /** sha256 over the sorted sha256 of its files and of its template. */
  contentId: sha256Schema,
  id: idSchema,
  domain: idSchema,
  /**
   * `lora`: factors of linear layers, merged into the weights; `bitdelta`: signs and a scale a matrix, added to them;
   * `prompt`: a template alone.
   */
  kind: z.enum(['lora', 'bitdelta', 'prompt']),
  /** The model it belongs to and the files it was made for; of `prompt` none. */
  base: z.optional(z.strictObject({ id: idSchema, files: z.record(printable, sha256Schema) })),
  /** Of `lora`. */
  rank: z.optional(z.int().check(z.positive(), z.maximum(1024))),
  scale: z.optional(z.number().check(z.positive(), z.maximum(1e4))),
  adapter: z.optional(fileSchema),
  /** Content id of a template. */
  template: z.optional(sha256Schema),
  /** Endpoint id to the name under which it is asked for there, e.g. a LoRA adapter of vLLM. */
  servedAs: z._default(z.record(idSchema, line), {}),
});

/** What `catalog.json` says about text beside models and endpoints. */
export const textCatalogSchema = z.strictObject({
  templates: z._default(z.array(promptTemplateSchema).check(z.maxLength(1024)), []),
  deltas: z._default(z.array(textDeltaSchema).check(z.maxLength(1024)), []),
  /** One a domain; without `domain` that of requests that name none. */
  calibrations: z._default(
    z.array(z.strictObject({ domain: z.optional(idSchema), file: fileSchema })).check(z.maxLength(1024)),
    [],
  ),
});

export type PromptTemplate = z.infer<typeof promptTemplateSchema>;
export type TextDelta = z.infer<typeof textDeltaSchema>;
export type TextCatalog = z.infer<typeof textCatalogSchema>;
