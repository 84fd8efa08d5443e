import { InvalidRequestError, requestSchema, type RequestInput, type Result } from '@terrace/core';
import { cacheWishSchema } from '@terrace/core/cache';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { extend, optional } from 'zod/mini';
import { shapeError, toHttpError } from '../error-shapes.js';
import { listModels, type ModelChoice } from '../model-name.js';
import type { Answer, ServerContext } from '../server-context.js';
import { terraceHeaders } from '../terrace-headers.js';
import { queuedRoutes } from './queued-routes.js';
import { errorSchema, publicResult, resultSchema } from './public-result.js';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** `POST /v1/infer`: one request, or a batch of them, as the runtime takes them. */
export function inferRoutes(app: FastifyInstance, context: ServerContext): void {
  const asked = context.isCached ? withCache : requestSchema;
  context.docs.add({
    method: 'post',
    path: '/v1/infer',
    summary: 'Answer one request, or each of a batch, with the whole trace',
    tag: 'native',
    isCached: true,
    request: z.union([asked, z.strictObject({ requests: z.array(asked).min(1).max(context.limits.batch) })]),
    response: z.union([
      resultSchema,
      z.object({ results: z.array(z.union([z.object({ result: resultSchema }), errorSchema])) }),
    ]),
  });
  app.post('/v1/infer', (request, reply) =>
    context.answer(request, reply, () => {
      const body = objectOf(request.body, 'The body');
      return 'requests' in body ? inferBatch(context, request, reply, body) : inferOne(context, request, reply, body);
    }),
  );
  queuedRoutes(app, context);
}

/** What a request may say of the cache as well. */
const withCache = extend(requestSchema, { cache: optional(cacheWishSchema) });

type Fields = Readonly<Record<string, unknown>>;

async function inferOne(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  body: Fields,
): Promise<Answer> {
  const result = await infer(context, request, reply, body);
  return {
    status: 200,
    headers: { ...JSON_HEADERS, ...terraceHeaders(result) },
    body: JSON.stringify(publicResult(result)),
  };
}

/** One that is wrong does not fail the others: each has its result or its error. */
async function inferBatch(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  body: Fields,
): Promise<Answer> {
  const { requests, ...others } = body;
  const { batch } = context.limits;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw refuse(`A batch has no field "${unknown.slice(0, 80)}".`, 'Put it into each request.');
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > batch)
    throw refuse(`"requests" is not a list of 1 to ${batch} requests.`, 'Send fewer at a time.');
  const outcomes = await Promise.all(
    requests.map(async (each: unknown) => {
      try {
        return await infer(context, request, reply, objectOf(each, 'A request'));
      } catch (error) {
        // The client is gone, or time is up: that is the end of all of them.
        request.terrace.controller?.signal.throwIfAborted();
        return { error };
      }
    }),
  );
  const results = outcomes.filter((outcome): outcome is Result => !('error' in outcome));
  const [first, ...rest] = results;
  return {
    status: 200,
    headers: { ...JSON_HEADERS, ...(first && terraceHeaders(first, ...rest)) },
    body: JSON.stringify({
      results: outcomes.map((outcome) =>
        'error' in outcome
          ? shapeError('native', toHttpError(outcome.error, context.clock.wallMs()))
          : { result: publicResult(outcome) },
      ),
    }),
  };
}

/** The runtime parses what it is given; here only the model is read of it. */
const infer = (context: ServerContext, request: FastifyRequest, reply: FastifyReply, input: Fields): Promise<Result> =>
  context.ask(request, reply, { model: modelOf(input, context), input: input as unknown as RequestInput });

/** What the request means, by the names that `/v1/models` uses; what is not there is refused by the runtime. */
function modelOf({ policy = 'cascade', domain }: Fields, { catalog }: ServerContext): ModelChoice {
  return listModels(catalog()).find((each) => each.policy === policy && each.domain === domain) ?? UNLISTED;
}

const UNLISTED: ModelChoice = {
  name: 'unlisted',
  policy: 'cascade',
  domain: undefined,
  subDomain: undefined,
  tasks: [],
  endpoint: undefined,
};

function objectOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value))
    return value as Fields;
  throw refuse(`${what} is not a JSON object.`, 'Send {"text": "...", "domain": "..."}.');
}

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });
