import { z } from 'zod/mini';
import { deltaFactsSchema } from './delta-facts.js';
import { dtypeSchema, sha256Schema, type ModelTaskId } from './fields.js';
import { deltaFields, labelFault, modelFields, subDomainsSchema } from './schema.js';

/** A file beside model.json, which need not be there: it is known by its hash. */
const besideFields = {
  path: z.string().check(z.regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]+$/, 'a file name in the folder of model.json')),
  bytes: z.int().check(z.positive()),
  sha256: sha256Schema,
};

/** `model.json`: what a publisher writes next to the weights. The catalog is generated from it. */
export const modelManifestSchema = z
  .strictObject({
    ...modelFields,
    files: z.partialRecord(
      dtypeSchema,
      z.strictObject({
        ...besideFields,
        providers: z.optional(z.array(z.string().check(z.minLength(1))).check(z.minLength(1))),
      }),
    ),
    /** Of a model that generates text: its files may come from elsewhere, all of them. */
    tokenizer: z.optional(z.strictObject(besideFields)),
    tokenizerConfig: z.optional(z.strictObject(besideFields)),
  })
  .check(
    z.superRefine((model, context) => {
      const fault = textFault(model);
      if (fault) context.addIssue({ code: 'custom', ...fault });
    }),
  );

/** What generates text says how, in the layout that such models have; what does not says nothing of it. */
function textFault(model: {
  task: ModelTaskId;
  interface: string;
  text?: unknown;
  tokenizer?: unknown;
  tokenizerConfig?: unknown;
}): { path: string[]; message: string } | undefined {
  if (model.task === 'text-generation') {
    if (model.text === undefined) return { path: ['text'], message: 'what a model that generates text says of itself' };
    return model.interface === 'transformers' ? undefined : { path: ['interface'], message: '"transformers"' };
  }
  const wrong = (['text', 'tokenizer', 'tokenizerConfig'] as const).find((field) => model[field] !== undefined);
  return wrong && { path: [wrong], message: 'nothing: only a model for text-generation has it' };
}

/**
 * `delta.json`: what a delta says about itself and the base it belongs to. Format 2 adds `scale` and `facts`, and allows
 * int8 tensors. A signature stands beside it, as it covers every byte of this file.
 */
export const deltaManifestSchema = z
  .strictObject({
    format: z.literal([1, 2]),
    ...deltaFields,
    subdomains: subDomainsSchema,
    facts: z.optional(deltaFactsSchema),
  })
  .check(
    z.refine(({ format, scale, facts }) => format === 2 || (scale === undefined && facts === undefined), {
      path: ['format'],
      error: '2, where there are `scale` or `facts`',
    }),
    z.superRefine((delta, context) => {
      const message = labelFault(delta, delta.subdomains);
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['labels'], message });
    }),
  );

export type ModelManifest = z.infer<typeof modelManifestSchema>;
export type DeltaManifest = z.infer<typeof deltaManifestSchema>;

/** Where an artifact of a dtype may run when its publisher does not say. */
export const DEFAULT_PROVIDERS: Readonly<Record<keyof ModelManifest['files'], readonly string[]>> = {
  fp32: ['cpu', 'wasm', 'webgpu', 'cuda', 'coreml', 'dml'],
  fp16: ['webgpu', 'cuda', 'coreml', 'dml'],
  int8: ['cpu', 'wasm'],
  q4: ['cpu', 'wasm', 'webgpu'],
  q4f16: ['webgpu'],
};
