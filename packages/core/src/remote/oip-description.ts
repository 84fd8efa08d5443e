import { z } from 'zod/mini';
import type { Endpoint } from '../catalog/endpoint.js';
import { idSchema, labelSchema, line, sha256Schema, type TaskId } from '../catalog/fields.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import type { EndpointDescription } from './endpoint-client.js';
import type { Exchange } from './exchange.js';
import { wrongAnswer } from './exchange-failure.js';
import { domainsIn, modelName } from './model-name.js';
import { modelPath } from './oip-path.js';
import { atMost, parseReply } from './parse-reply.js';

/** Domains that are looked at one by one. */
const MAX_DOMAINS = 256;

const namedSchema = z.union([line, z.object({ name: line })]);
/** No part of the protocol; Terrace lists its models so. */
const modelsSchema = z.object({ models: atMost(10_000, namedSchema) });

const tensorSchema = z.object({
  name: line,
  datatype: z.string().check(z.maxLength(32)),
  shape: atMost(8, z.int()),
});
const metadataSchema = z.object({
  name: z.string().check(z.maxLength(1024)),
  inputs: atMost(64, tensorSchema),
  outputs: atMost(64, tensorSchema),
  /** No part of the protocol; Terrace says so what it computes with. */
  parameters: z.nullish(
    z.object({
      labels: z.nullish(atMost(65_536, labelSchema)),
      terrace_model: z.nullish(idSchema),
      terrace_variant: z.nullish(sha256Schema),
      terrace_delta: z.nullish(sha256Schema),
      terrace_domain: z.nullish(idSchema),
    }),
  ),
});

type Metadata = z.infer<typeof metadataSchema>;

/** @throws like `EndpointClient.describe` */
export async function describeOip(
  endpoint: Pick<Endpoint, 'id' | 'model' | 'domains'>,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<EndpointDescription> {
  const models = await listModels(endpoint.id, exchange, signal);
  const found = domainsIn(models, endpoint.model).filter((domain) => idSchema.safeParse(domain).success);
  const known = (endpoint.domains ?? found).slice(0, MAX_DOMAINS);
  const asked = endpoint.model.includes('{domain}') && known.length > 0 ? known : [undefined];
  const ofDomains: { domain: string | undefined; metadata: Metadata }[] = [];
  for (const domain of asked) {
    const model = modelName(endpoint, domain);
    const metadata = parseReply(endpoint.id, metadataSchema, await exchange({ path: modelPath(model), signal }));
    ofDomains.push({ domain: domain ?? domainOf(model, metadata), metadata });
  }
  const domains = ofDomains.flatMap(({ domain }) => domain ?? []);
  const first = ofDomains[0]!.metadata;
  const labels = ofDomains.length === 1 ? (first.parameters?.labels ?? undefined) : undefined;
  const tensors = tensorsOf(first, labels);
  if (!tensors) throw wrongAnswer(endpoint.id, 'its model takes no text');
  const tasks: TaskId[] = [];
  if (tensors.scores !== undefined || tensors.label !== undefined) tasks.push('text-classification');
  if (tensors.embedding !== undefined) tasks.push('feature-extraction');
  return {
    models: models.length > 0 ? models : [first.name],
    tasks,
    ...(domains.length > 0 && { domains }),
    labels,
    serves: servesOf(ofDomains),
    tensors,
  };
}

/** The domain of a model with a delta, which Terrace names behind a colon. */
function domainOf(model: string, { parameters }: Metadata): string | undefined {
  if (parameters?.terrace_domain) return parameters.terrace_domain;
  const named = idSchema.safeParse(/:([^:]+)$/.exec(model)?.[1]);
  return parameters?.terrace_delta && named.success ? named.data : undefined;
}

/** None where the server keeps no list. */
async function listModels(endpointId: string, exchange: Exchange, signal: AbortSignal): Promise<string[]> {
  try {
    const { models } = parseReply(endpointId, modelsSchema, await exchange({ path: '/v2/models', signal }));
    return models.map((model) => (typeof model === 'string' ? model : model.name));
  } catch (error) {
    const isWithout =
      RemoteAnswerError.isInstance(error) ||
      (EndpointRefusedError.isInstance(error) && ![401, 403].includes(error.facts['status'] as number));
    if (isWithout) return [];
    throw error;
  }
}

/** What it computes, where all of its domains agree on the model. */
function servesOf(
  ofDomains: readonly { domain: string | undefined; metadata: Metadata }[],
): EndpointDescription['serves'] {
  const { terrace_model: model, terrace_variant: variant } = ofDomains[0]?.metadata.parameters ?? {};
  if (!model || !variant) return undefined;
  const deltas: Record<string, string> = {};
  for (const { domain, metadata } of ofDomains) {
    const { terrace_model, terrace_variant, terrace_delta: delta } = metadata.parameters ?? {};
    if (terrace_model !== model || terrace_variant !== variant) return undefined;
    if (domain !== undefined && delta) deltas[domain] = delta;
  }
  return { model, variant, deltas };
}

/** Which tensor is which, by its type and name; undefined when no text can be put in. */
function tensorsOf({ inputs, outputs }: Metadata, labels: readonly string[] | undefined) {
  const texts = inputs.filter(({ datatype }) => datatype === 'BYTES');
  const text = texts.find(({ name }) => /text|input|query|prompt/i.test(name)) ?? texts[0];
  if (!text) return undefined;
  const numbers = outputs.filter(({ datatype }) => datatype === 'FP32' || datatype === 'FP64');
  const called = (pattern: RegExp) => numbers.find(({ name }) => pattern.test(name));
  const confidence = called(/confidence/i);
  const nameless = numbers.length === 1 && confidence === undefined ? numbers[0] : undefined;
  const isScores = labels !== undefined && nameless?.shape.at(-1) === labels.length;
  const scores = called(/logit|score|prob/i) ?? (isScores ? nameless : undefined);
  const embedding = called(/embed|vector|sentence/i) ?? (scores ? undefined : nameless);
  const label = outputs.find(({ datatype }) => datatype === 'BYTES');
  return {
    text: text.name,
    column: text.shape.length === 2,
    ...(scores && { scores: scores.name }),
    ...(label && { label: label.name }),
    ...(confidence && { confidence: confidence.name }),
    ...(embedding && { embedding: embedding.name }),
  };
}
