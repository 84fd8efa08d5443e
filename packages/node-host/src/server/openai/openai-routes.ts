import type { Result } from '@terrace/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayUse, tighter } from '../access.js';
import { listModels, parseModelName, requireTask, type Endpoint, type ModelChoice } from '../model-name.js';
import { runEach } from '../run-each.js';
import type { Answer, ServerContext } from '../server-context.js';
import { answerableText, findTextModel, listTextModels, type TextChoice } from '../text-name.js';
import { answerText } from './answer-text.js';
import { textBodySchema } from './text-body.js';
import { terraceHeaders } from '../terrace-headers.js';
import { tellChat } from './chat-answer.js';
import { passedOnSchema } from './chat-body.js';
import { answerForm, parseChat } from './chat-request.js';
import { chatEvents, chatFrame, chatResponse, chatUsage } from './chat-response.js';
import { embeddingsBodySchema, parseEmbeddings, requireDimensions } from './embeddings-request.js';
import { embeddingsResponse } from './embeddings-response.js';
import { dimensionsOf, isAskable, labelsOfChoice, listedModel, withText, type ListedModel } from './model-list.js';
import { parseBody, refused } from './refusal.js';
import { requirementsFromHeaders } from './requirements-from-headers.js';

/** Texts of one request that are in the runtime at a time: enough to fill its batches, and room for others. */
const AT_ONCE = 64;

type Forward = NonNullable<ServerContext['forward']>;

const JSON_TYPE = 'application/json; charset=utf-8';
const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

/** The OpenAI API: models, embeddings, and chats that classify. */
export function openAiRoutes(app: FastifyInstance, context: ServerContext): void {
  app.get('/v1/models', (request) => {
    const access = context.access(request);
    return {
      object: 'list',
      data: modelsOf(context, answerableText(context.catalog(), context.presence)).filter(({ id }) =>
        mayUse(access, id),
      ),
    };
  });

  // Names have slashes in them, and not every client writes them as %2F.
  app.get<{ Params: { '*': string } }>('/v1/models/*', (request) => {
    const catalog = context.catalog();
    const text = context.text && findTextModel(request.params['*'], catalog);
    const choice = text ?? parseModelName(request.params['*'], catalog);
    context.requireModel(request, choice);
    return (
      modelsOf(context).find(({ id }) => id === choice.name) ??
      listedModel(parseModelName(request.params['*'], catalog), catalog)
    );
  });

  app.post('/v1/embeddings', (request, reply) => context.answer(request, reply, () => embed(context, request, reply)));

  app.post('/v1/chat/completions', async (request, reply) => {
    const { text, choice } = chatModel(request.body, context);
    const { forward } = context;
    if (text && context.text) return answerText({ ...context, text: context.text }, request, reply, text);
    if (isPassedOn(choice) && forward) return passOn({ ...context, forward }, request, reply, choice);
    return context.answer(request, reply, () => classify(context, request, reply));
  });

  const openai = { tag: 'openai' } as const;
  context.docs.add({ ...openai, method: 'get', path: '/v1/models', summary: 'Every name a model can be asked under' });
  context.docs.add({ ...openai, method: 'get', path: '/v1/models/{model}', summary: 'One of them' });
  context.docs.add({
    ...openai,
    method: 'post',
    path: '/v1/embeddings',
    isCached: true,
    summary: 'Embeddings of one or many texts',
    request: embeddingsBodySchema,
  });
  context.docs.add({
    ...openai,
    method: 'post',
    path: '/v1/chat/completions',
    isCached: true,
    summary: 'Answers a chat in text, classifies its last user message, or passes it on, as the name of the model says',
    request: textBodySchema,
  });
}

async function embed(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
  const asked = parseEmbeddings(request.body);
  const catalog = context.catalog();
  const model = parseModelName(asked.model, catalog);
  requireOneModel(model);
  requireTask(model, 'feature-extraction');
  const dimensions = dimensionsOf(model, catalog);
  if (dimensions !== undefined) requireDimensions(asked, dimensions);
  const requirements = requirementsFromHeaders(request.headers);
  const { policy, domain, subDomain } = model;
  const input = { ...requirements, task: 'feature-extraction', policy, domain, subDomain } as const;
  const results = await runEach(asked.texts, AT_ONCE, (text) =>
    context.ask(request, reply, { model, input: { ...input, text } }),
  );
  for (const { answer } of results) if (answer.kind === 'embedding') requireDimensions(asked, answer.vector.length);
  return {
    status: 200,
    headers: { 'content-type': JSON_TYPE, ...terraceHeaders(...(results as [Result, ...Result[]])) },
    body: embeddingsResponse(results, { model: asked.model, format: asked.format }),
  };
}

async function classify(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
  const chat = parseChat(request.body);
  const catalog = context.catalog();
  const model = parseModelName(chat.model, catalog);
  requireLabels(model);
  const form = answerForm(chat.wanted, chat.wanted.kind === 'text' ? [] : labelsOfChoice(model, catalog));
  const { policy, domain, subDomain } = model;
  const requirements = requirementsFromHeaders(request.headers);
  const input = { ...requirements, task: 'text-classification', text: chat.text, policy, domain, subDomain } as const;
  const result = await context.ask(request, reply, { model, input });
  const answer = tellChat(form, result, chat.topLogProbs);
  const frame = chatFrame(result, {
    model: chat.model,
    atWallMs: context.clock.wallMs(),
    revision: catalog.revision,
  });
  const usage = chatUsage(result);
  const headers = terraceHeaders(result);
  return chat.stream
    ? {
        status: 200,
        headers: { ...EVENTS, ...headers },
        body: chatEvents(frame, answer, { usage, includeUsage: chat.includeUsage }),
      }
    : {
        status: 200,
        headers: { 'content-type': JSON_TYPE, ...headers },
        body: JSON.stringify(chatResponse(frame, answer, usage)),
      };
}

/** A chat with an endpoint itself goes there as it came, and what comes back is sent on. */
async function passOn(
  { access, requireModel, signalOf, forward, metrics }: ServerContext & { readonly forward: Forward },
  request: FastifyRequest,
  reply: FastifyReply,
  choice: ModelChoice & { readonly endpoint: Endpoint },
): Promise<FastifyReply> {
  requireModel(request, choice);
  const { residency = 'cloud' } = requirementsFromHeaders(request.headers);
  const sent = await forward(request, reply, {
    endpoint: choice.endpoint,
    body: parseBody(passedOnSchema, request.body),
    residency: tighter(access(request).residency, residency),
    signal: signalOf(request, reply),
  });
  const { cache } = request.terrace;
  if (cache !== undefined) metrics.cached(cache);
  return sent;
}

/** Every name there is with what is done under it. @param named those under which text is written */
function modelsOf({ catalog: current, text }: ServerContext, named = listTextModels(current())): ListedModel[] {
  const catalog = current();
  const textNames = text ? named : [];
  const listed = new Map(
    listModels(catalog)
      .filter((choice) => isAskable(choice) || textNames.some(({ name }) => name === choice.name))
      .map((choice) => [choice.name, listedModel(choice, catalog)]),
  );
  for (const choice of textNames) listed.set(choice.name, withText(listed.get(choice.name), choice, catalog));
  return [...listed.values()];
}

/** The model of a chat, read before anything else: an endpoint's own server knows what else it takes. */
function chatModel(
  body: unknown,
  { catalog: current, text: asks }: ServerContext,
): { readonly text?: TextChoice; readonly choice?: ModelChoice } {
  const name = (body as { model?: unknown } | null)?.model;
  if (typeof name !== 'string') return {};
  const catalog = current();
  const text = asks && findTextModel(name, catalog);
  if (!text) return { choice: parseModelName(name, catalog) };
  // A name that has always stood for labels goes on standing for them.
  const choice = listModels(catalog).find((each) => each.name === text.name);
  return choice?.tasks.includes('text-classification') ? { choice } : { text };
}

const isPassedOn = (choice: ModelChoice | undefined): choice is ModelChoice & { readonly endpoint: Endpoint } =>
  choice?.endpoint?.protocol === 'openai' && choice.domain === undefined;

/** @throws InvalidRequestError for a model that knows no labels: nothing here writes text */
function requireLabels(model: ModelChoice): void {
  const { name, domain, tasks } = model;
  if (domain !== undefined || tasks.includes('text-classification')) return requireTask(model, 'text-classification');
  throw refused({
    message: `"${name}" without a domain answers no chats: they are classified.`,
    hint: `Put a domain behind the name, such as "${name}:clinc150"; GET /v1/models lists them.`,
    param: 'model',
    code: 'domain_required',
  });
}

/** @throws InvalidRequestError for a ladder: its rungs make embeddings that cannot be compared with each other */
function requireOneModel({ name, policy }: ModelChoice): void {
  if (policy !== 'cascade') return;
  throw refused({
    message: `"${name}" is a ladder, and embeddings of different models cannot be compared with each other.`,
    hint: 'Name one model; GET /v1/models lists them.',
    param: 'model',
    code: 'invalid_value',
  });
}
