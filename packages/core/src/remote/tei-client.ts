import { z } from 'zod/mini';
import type { Endpoint } from '../catalog/endpoint.js';
import { labelSchema, line } from '../catalog/fields.js';
import type { TierAnswer } from '../tasks/answer.js';
import type { EndpointClient, EndpointDescription, RemoteAsk } from './endpoint-client.js';
import type { Exchange, ExchangeReply } from './exchange.js';
import { inventedLabel, wrongAnswer } from './exchange-failure.js';
import { atMost, parseReply } from './parse-reply.js';
import { embeddingAnswer, estimatedTokens, labelAnswer, matchLabel, scoresAnswer } from './reply-values.js';

/** text-embeddings-inference: one model an endpoint, which embeds or classifies. */
export function createTeiClient(endpoint: Pick<Endpoint, 'id'>, exchange: Exchange): EndpointClient {
  const endpointId = endpoint.id;
  return {
    async ask(ask, signal) {
      const { path, body, read } = question(endpointId, ask);
      const headers = { 'idempotency-key': encodeURIComponent(ask.requestId) };
      const reply = await exchange({ path, body: JSON.stringify(body), headers, signal });
      return {
        answer: read(reply),
        inputTokens: countedTokens(reply) ?? estimatedTokens(ask.text),
        outputTokens: 0,
        sentBytes: reply.sentBytes,
        receivedBytes: reply.bytes.length,
        computedBy: undefined,
        costUsd: undefined,
      };
    },
    async describe(signal) {
      return describeInfo(parseReply(endpointId, infoSchema, await exchange({ path: '/info', signal })));
    },
  };
}

const MAX_LABELS = 65_536;

const embedSchema = atMost(16, z.custom<unknown[]>(Array.isArray));
const scoreSchema = z.object({ label: z.string().check(z.maxLength(1024)), score: z.number() });
/** For one text the list, for several a list of them. */
const predictSchema = z.union([atMost(MAX_LABELS, scoreSchema), atMost(16, atMost(MAX_LABELS, scoreSchema))]);

type Scored = z.infer<typeof scoreSchema>;

interface Question {
  readonly path: string;
  readonly body: object;
  /** @throws RemoteAnswerError */
  read(reply: ExchangeReply): TierAnswer;
}

function question(endpointId: string, { task, text, labels }: RemoteAsk): Question {
  switch (task) {
    case 'feature-extraction':
      return {
        path: '/embed',
        body: { inputs: text, truncate: true },
        read(reply) {
          const [vector, ...more] = parseReply(endpointId, embedSchema, reply);
          if (!vector || more.length > 0) throw wrongAnswer(endpointId, 'it has not one embedding');
          return embeddingAnswer(endpointId, vector);
        },
      };
    case 'text-classification':
      return {
        path: '/predict',
        body: { inputs: text, raw_scores: false, truncate: true },
        read: (reply) =>
          predicted(endpointId, onlyOne(endpointId, parseReply(endpointId, predictSchema, reply)), labels),
      };
    default:
      throw task satisfies never;
  }
}

function onlyOne(endpointId: string, reply: z.infer<typeof predictSchema>): Scored[] {
  const [first, ...more] = reply;
  if (first === undefined || !Array.isArray(first)) return reply as Scored[];
  if (more.length > 0) throw wrongAnswer(endpointId, 'it is about more than one text');
  return first;
}

/** Scores of exactly the labels that were asked for are evidence; of others, only the best label says something. */
function predicted(endpointId: string, scored: readonly Scored[], labels: readonly string[]): TierAnswer {
  const own = scored.map(({ label }) => label);
  if (new Set(own).size < own.length) throw wrongAnswer(endpointId, 'it has a label twice');
  const asked = new Set(labels);
  const isSame = own.length === labels.length && own.every((label) => asked.has(label));
  if (isSame) {
    const scores = scored.map(({ score }) => score);
    // A head of independent labels does not sum to 1: what it says is still a share of belief.
    const sum = scores.reduce((total, score) => total + score, 0);
    if (scores.some((score) => score < 0 || score > 1) || sum === 0)
      throw wrongAnswer(endpointId, 'its scores are not probabilities');
    return scoresAnswer(
      endpointId,
      scores.map((score) => score / sum),
      labels,
      own,
    );
  }
  const best = scored.reduce<Scored | undefined>(
    (top, each) => (top && top.score >= each.score ? top : each),
    undefined,
  );
  if (!best) throw wrongAnswer(endpointId, 'it has no scores');
  if (matchLabel(best.label, labels) === undefined) throw inventedLabel(endpointId);
  return labelAnswer(endpointId, best.label, labels, best.score);
}

/** As the server counts, in a header. */
function countedTokens(reply: ExchangeReply): number | undefined {
  const text = reply.header('x-compute-tokens') ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

const infoSchema = z.object({
  model_id: line,
  model_type: z.object({
    classifier: z.nullish(z.object({ id2label: z.record(z.string().check(z.regex(/^\d{1,5}$/)), labelSchema) })),
    reranker: z.optional(z.unknown()),
    embedding: z.optional(z.unknown()),
  }),
});

function describeInfo({ model_id, model_type }: z.infer<typeof infoSchema>): EndpointDescription {
  const common = { models: [model_id], serves: undefined, tensors: undefined };
  const { classifier, embedding } = model_type;
  if (classifier) {
    const labels = Object.entries(classifier.id2label)
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([, label]) => label);
    return { ...common, tasks: ['text-classification'], labels };
  }
  return { ...common, tasks: embedding === undefined ? [] : ['feature-extraction'], labels: undefined };
}
