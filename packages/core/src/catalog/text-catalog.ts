import { z } from 'zod/mini';
import { fileSchema, idSchema, line, printable, sha256Schema } from './fields.js';

/** Longest text of a template, in characters. */
const MAX_TEMPLATE = 65_536;

const templateFields = {
  id: idSchema,
  /** Of models (`TextShape.family`), or the id of an endpoint. */
  family: line.check(z.maxLength(128)),
  version: z.int().check(z.positive()),
  /** Stands before what the caller's own system message says. */
  system: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_TEMPLATE))),
  /** Jinja, in place of the model's own; of no use to endpoints, which have theirs. */
  chatTemplate: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_TEMPLATE))),
};

/** How tiers of a family are asked: the smallest delta there is. Immutable: another wording is another version. */
const promptTemplateSchema = z.strictObject({
  /** sha256 of the canonical JSON of the rest. */
  contentId: sha256Schema,
  ...templateFields,
});

const textDeltaFields = {
  id: idSchema,
  domain: idSchema,
  /**
   * `lora`: factors of linear layers beside the weights; `bitdelta`: signs and a magnitude a matrix, added to them;
   * `prompt`: a template alone.
   */
  kind: z.enum(['lora', 'bitdelta', 'prompt']),
  /** The model it belongs to and the files it was made for; of `prompt` none. */
  base: z.optional(z.strictObject({ id: idSchema, files: z.record(printable, sha256Schema) })),
  /** Of `lora`. */
  rank: z.optional(z.int().check(z.positive(), z.maximum(1024))),
  scale: z.optional(z.number().check(z.positive(), z.maximum(1e4))),
  /** Content id of a template. */
  template: z.optional(sha256Schema),
  /** Endpoint id to the name under which it is asked for there, e.g. a LoRA adapter of vLLM. */
  servedAs: z._default(z.record(idSchema, line), {}),
};

/** What makes a text tier another one in a domain. */
const textDeltaSchema = z.strictObject({
  /** sha256 over the sorted sha256 of its files. */
  contentId: sha256Schema,
  ...textDeltaFields,
  adapter: z.optional(fileSchema),
});

/** `template.json`: a template as it is written; below `text/`, wherever it is named from. */
export const templateManifestSchema = z.strictObject({ format: z.literal(1), ...templateFields }).check(
  z.refine(({ system, chatTemplate }) => system !== undefined || chatTemplate !== undefined, {
    path: ['system'],
    error: 'a text, or a `chatTemplate`',
  }),
);

/** `text-delta.json`: what a delta of text tiers says of itself; its factors or signs lie beside it. */
export const textDeltaManifestSchema = z.strictObject({ format: z.literal(1), ...textDeltaFields }).check(
  z.refine(({ kind, base }) => kind === 'prompt' || base !== undefined, {
    path: ['base'],
    error: 'the model it was made for',
  }),
  z.refine(({ kind, rank }) => (kind === 'lora') === (rank !== undefined), {
    path: ['rank'],
    error: 'the rank of the factors of a `lora`, and of nothing else',
  }),
  z.refine(
    ({ kind, template, servedAs }) => kind !== 'prompt' || template !== undefined || Object.keys(servedAs).length > 0,
    {
      path: ['template'],
      error: 'the content id of a template, as a `prompt` is nothing else',
    },
  ),
);

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

export type TemplateManifest = z.infer<typeof templateManifestSchema>;
export type TextDeltaManifest = z.infer<typeof textDeltaManifestSchema>;
export type PromptTemplate = z.infer<typeof promptTemplateSchema>;
export type TextDelta = z.infer<typeof textDeltaSchema>;
export type TextCatalog = z.infer<typeof textCatalogSchema>;
