import { z } from 'zod/mini';
import type { Endpoint } from '../catalog/endpoint.js';
import { line, type TaskId } from '../catalog/fields.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import type { EndpointClient, RemoteAsk, RemoteReply } from './endpoint-client.js';
import type { Exchange, ExchangeReply } from './exchange.js';
import { modelName } from './model-name.js';
import { CHAT_FORMS, chatReplySchema, chatTemplate, readChat, type ChatTemplate } from './openai-chat.js';
import { EMBEDDING_FORMS, embeddingsBody, embeddingsReplySchema, readEmbedding } from './openai-embeddings.js';
import { atMost, parseReply } from './parse-reply.js';
import { estimatedTokens } from './reply-values.js';

/**
 * Chat and embeddings as OpenAI, vLLM, Ollama, llama.cpp and Terrace itself offer them. What the server takes is found
 * out by the first answers and kept from then on.
 */
export function createOpenAiClient(endpoint: Pick<Endpoint, 'id' | 'model'>, exchange: Exchange): EndpointClient {
  const endpointId = endpoint.id;
  const templates = new WeakMap<readonly string[], Map<string, ChatTemplate>>();
  const chat = createFormFinder(CHAT_FORMS);
  const embeddings = createFormFinder(EMBEDDING_FORMS);

  const templateFor = (form: (typeof CHAT_FORMS)[number], model: string, ask: RemoteAsk): ChatTemplate => {
    const ofLabels = templates.get(ask.labels) ?? new Map<string, ChatTemplate>();
    templates.set(ask.labels, ofLabels);
    const name = JSON.stringify([CHAT_FORMS.indexOf(form), model, ask.outOfScopeLabel]);
    const template = ofLabels.get(name) ?? chatTemplate(form, model, ask);
    return (ofLabels.set(name, template), template);
  };

  async function classify(ask: RemoteAsk, model: string, signal: AbortSignal): Promise<RemoteReply> {
    const { reply, prompt } = await chat(async (form, index) => {
      const { head, tail, prompt: told } = templateFor(form, model, ask);
      const body = `${head}${JSON.stringify(ask.text)}${tail}`;
      return { reply: await exchange(posted('/chat/completions', body, ask, index, signal)), prompt: told };
    });
    const parsed = parseReply(endpointId, chatReplySchema, reply);
    const { answer, content } = readChat(endpointId, parsed, ask.labels, numberIn(reply, 'x-terrace-confidence', 1));
    return {
      answer,
      inputTokens: parsed.usage?.prompt_tokens ?? estimatedTokens(prompt + ask.text),
      outputTokens: parsed.usage?.completion_tokens ?? estimatedTokens(content),
      ...measured(reply),
    };
  }

  async function embed(ask: RemoteAsk, model: string, signal: AbortSignal): Promise<RemoteReply> {
    const reply = await embeddings((form, index) =>
      exchange(posted('/embeddings', embeddingsBody(form, model, ask.text), ask, index, signal)),
    );
    const parsed = parseReply(endpointId, embeddingsReplySchema, reply);
    return {
      answer: readEmbedding(endpointId, parsed),
      inputTokens: parsed.usage?.prompt_tokens ?? estimatedTokens(ask.text),
      outputTokens: 0,
      ...measured(reply),
    };
  }

  return {
    async ask(ask, signal) {
      const model = modelName(endpoint, ask.domain);
      switch (ask.task) {
        case 'text-classification':
          return classify(ask, model, signal);
        case 'feature-extraction':
          return embed(ask, model, signal);
        default:
          throw ask.task satisfies never;
      }
    },
    async describe(signal) {
      const { data } = parseReply(endpointId, modelsSchema, await exchange({ path: '/models', signal }));
      const models = data.map(({ id }) => id);
      return { models, tasks: [likelyTask(endpoint.model)], labels: undefined, serves: undefined, tensors: undefined };
    },
  };
}

const modelsSchema = z.object({ data: atMost(10_000, z.object({ id: line })) });

/** The list of models does not say what they are for. */
const likelyTask = (model: string): TaskId =>
  /embed|minilm|\b(bge|gte|e5)\b/i.test(model) ? 'feature-extraction' : 'text-classification';

const posted = (path: string, body: string, { requestId }: RemoteAsk, form: number, signal: AbortSignal) => ({
  path,
  body,
  // Another form is another request: a server must not answer it with what it said to the first.
  headers: { 'idempotency-key': encodeURIComponent(form === 0 ? requestId : `${requestId}.${form}`) },
  signal,
});

const measured = (reply: ExchangeReply) => ({
  sentBytes: reply.sentBytes,
  receivedBytes: reply.bytes.length,
  computedBy: undefined,
  costUsd: numberIn(reply, 'x-terrace-cost-usd', 1e6),
});

/** What Terrace's own server says in headers. */
function numberIn(reply: ExchangeReply, header: string, max: number): number | undefined {
  const text = reply.header(header);
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  return value >= 0 && value <= max ? value : undefined;
}

/**
 * Tries forms in order while the server refuses them as malformed, and keeps the first that it takes: from then on a
 * refusal is about the request.
 */
function createFormFinder<F>(forms: readonly F[]) {
  let taken: number | undefined;
  return async <T>(attempt: (form: F, index: number) => Promise<T>): Promise<T> => {
    for (let index = taken ?? 0; ; index++) {
      try {
        const reply = await attempt(forms[index]!, index);
        taken ??= index;
        return reply;
      } catch (error) {
        if (taken !== undefined || index === forms.length - 1 || !isMalformed(error)) throw error;
      }
    }
  };
}

/** Whether a server refused the form of what it was asked, and not who asked. */
export const isMalformed = (error: unknown): boolean =>
  EndpointRefusedError.isInstance(error) && [400, 415, 422].includes(error.facts['status'] as number);
