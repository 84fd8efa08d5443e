import { z } from 'zod/mini';
import { idSchema, labelSchema, languageSchema, line, modelTaskSchema, sha256Schema } from './fields.js';

const money = z.number().check(z.nonnegative(), z.maximum(1e6));

/** An address without credentials, query or fragment: those would end up in logs. */
const addressSchema = z.string().check(
  z.maxLength(2048),
  z.refine((text) => {
    if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
    const { username, password, search, hash } = new URL(text);
    return `${username}${password}${search}${hash}` === '';
  }, 'an address that begins with http:// or https://, without credentials, query and fragment'),
);

/** What a call costs, in `currency`. */
const priceSchema = z
  .strictObject({
    currency: z._default(z.string().check(z.regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as "USD"')), 'USD'),
    /** What one unit of the currency is worth in US dollars, the unit of all budgets. */
    usdPerUnit: z._default(z.number().check(z.positive(), z.maximum(1e6)), 1),
    perCall: z._default(money, 0),
    perMillionInputTokens: z._default(money, 0),
    perMillionOutputTokens: z._default(money, 0),
  })
  .check(
    z.refine(({ currency, usdPerUnit }) => currency === 'USD' || usdPerUnit !== 1, {
      path: ['usdPerUnit'],
      error: 'what one unit is worth in US dollars',
    }),
  );

/** How texts and answers are named by a server of the Open Inference Protocol. */
const tensorsSchema = z.strictObject({
  /** Input of type BYTES that takes the text. */
  text: line,
  /** Whether that input has a dimension for each text beside the batch: [n, 1] instead of [n]. */
  column: z._default(z.boolean(), false),
  /** FP32 output with one value a label, log-probabilities or logits. */
  scores: z.optional(line),
  /** BYTES output with the label's name. */
  label: z.optional(line),
  /** FP32 output with P(the label is right). */
  confidence: z.optional(line),
  /** FP32 output with the embedding. */
  embedding: z.optional(line),
});

/** What a manifest and the catalog say alike about an endpoint, but for the protocol of code. */
const endpointFields = {
  /** The tier's id: what the trace, the ledger and `policy` call it. */
  id: idSchema,
  placement: z.enum(['site', 'cloud']),
  /** `openai`: chat and embeddings; `oip`: Open Inference Protocol v2; `tei`: text-embeddings-inference. */
  protocol: z.enum(['openai', 'oip', 'tei']),
  /** Where the protocol's paths begin; of `openai` with its `/v1`. */
  url: addressSchema,
  /** What the endpoint calls the model; `{domain}` in it stands for the domain of the request. */
  model: line,
  /** What it is asked to do; nothing, where chats are only passed on to it. */
  tasks: z.array(modelTaskSchema),
  /** Domains whose labels it can answer with; absent: every domain of the catalog. */
  domains: z.optional(z.array(idSchema).check(z.maxLength(1024))),
  language: z._default(z.array(languageSchema).check(z.minLength(1)), ['mul']),
  /** Labels of a classifier that carries its own head, in the order of its scores. */
  labels: z.optional(z.array(labelSchema).check(z.maxLength(65_536))),
  /**
   * The catalog model whose function it computes, by the content of its variant and, a domain, of its delta: then
   * its scores fuse with those of the device, and the domain's calibration covers it.
   */
  serves: z.optional(
    z.strictObject({ model: idSchema, variant: sha256Schema, deltas: z.record(idSchema, sha256Schema) }),
  ),
  price: z.prefault(priceSchema, {}),
  /** Where the data goes, in the operator's words, e.g. `EU`. */
  dataResidency: z.optional(line.check(z.maxLength(64))),
  /** Whether personal data is replaced before anything leaves; by default only what goes to the cloud. */
  redact: z.optional(z.boolean()),
  /** Longest that one call may take. */
  timeoutMs: z._default(z.number().check(z.positive(), z.maximum(3_600_000)), 30_000),
  /** What a call took when the endpoint was added; the device's own ledger takes over from there. */
  measuredMs: z.optional(z.number().check(z.nonnegative())),
  /** What is asked to find out whether the endpoint is well: never a user's request. */
  golden: z.optional(z.strictObject({ text: line, domain: z.optional(idSchema), label: z.optional(labelSchema) })),
  tensors: z.optional(tensorsSchema),
};

/** `endpoint.json`: a model that somebody else runs, at the site or in the cloud. It never holds a key. */
export const endpointManifestSchema = z.strictObject({ format: z.literal(1), ...endpointFields });

/** As the catalog has it. */
export const endpointSchema = z.strictObject({
  ...endpointFields,
  /** `ai-sdk`: a model object of the application's own code; no file can bring one. */
  protocol: z.enum(['openai', 'oip', 'tei', 'ai-sdk']),
  /** sha256 of the canonical JSON of its manifest. */
  contentId: sha256Schema,
});

/** What `endpoint.json` holds. */
export type EndpointManifest = z.infer<typeof endpointManifestSchema>;
/** A model that somebody else runs, as the catalog has it. */
export type Endpoint = z.infer<typeof endpointSchema>;
