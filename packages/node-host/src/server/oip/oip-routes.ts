import { ModelNotFoundError, type Result } from '@terrace/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayUse } from '../access.js';
import { listModels, parseModelName } from '../model-name.js';
import { requirementsFromHeaders } from '../openai/requirements-from-headers.js';
import { runEach } from '../run-each.js';
import type { Answer, ServerContext } from '../server-context.js';
import { inferBodySchema } from './infer-body.js';
import { parseInfer } from './infer-request.js';
import { inferResponse } from './infer-response.js';
import { describeModel, oipModel, versionsOf, weightsOfVersion, type OipModel } from './model-metadata.js';
import { refused } from './refusal.js';
import { VERSION } from '../../version.js';
import { createServedVariants, variantOf, type ServedVariants } from './served-variants.js';

interface ModelParams {
  readonly model: string;
  readonly version?: string;
}

/** Texts of one request that are in the runtime at a time. */
const AT_ONCE = 64;
const ANY_TEXT = 'ready';
/** What an answer was computed on is only known of one that is computed. */
const COMPUTED = { cache: 'off' } as const;

/** The Open Inference Protocol v2 over the models of this device. */
export function oipRoutes(app: FastifyInstance, context: ServerContext): void {
  const { runtime, isCached, catalog, requireModel, access, docs, ready } = context;
  const served = createServedVariants(({ choice: { policy, domain }, task }) => {
    return runtime.run({ task, policy, domain, text: ANY_TEXT, residency: 'device', ...(isCached && COMPUTED) });
  }, catalog);

  const named = (request: FastifyRequest, { model: name, version }: ModelParams): OipModel => {
    const choice = parseModelName(name, catalog());
    requireModel(request, choice);
    const oip = oipModel(choice, catalog());
    if (!oip) throw notServed(`The model "${choice.name}" is not one of this device.`, choice.name);
    if (version !== undefined && weightsOfVersion(oip, version) === null) {
      throw notServed(`The model "${choice.name}" has no version "${version.slice(0, 64)}".`, choice.name);
    }
    return oip;
  };
  const mine = (request: FastifyRequest): OipModel[] =>
    listModels(catalog())
      .filter(({ name }) => mayUse(access(request), name))
      .flatMap((choice) => oipModel(choice, catalog()) ?? []);

  // Tensors are bytes, so bodies of these routes are read here, whatever type they are said to have.
  void app.register((scope, _, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));

    scope.get('/v2', () => ({ name: 'terrace', version: VERSION, extensions: ['binary_tensor_data'] }));
    scope.get('/v2/health/live', () => ({ live: true }));
    scope.get('/v2/health/ready', (_, reply) => reply.code(ready() ? 200 : 503).send({ ready: ready() }));
    scope.get('/v2/models', (request) => ({ models: mine(request).map(({ choice: { name } }) => ({ name })) }));
    scope.post('/v2/repository/index', (request) =>
      mine(request).flatMap((oip) =>
        versionsOf(oip)
          .slice(0, 1)
          .map((version) => ({ name: oip.choice.name, version, state: 'READY', reason: '' })),
      ),
    );
    for (const at of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
      scope.get<{ Params: ModelParams }>(at, (request) => {
        const oip = named(request, request.params);
        return served.of(oip).then((variant) => describeModel(oip, variant));
      });
      scope.get<{ Params: ModelParams }>(`${at}/ready`, (request) => {
        const { choice } = named(request, request.params);
        return { name: choice.name, ready: true };
      });
      scope.post<{ Params: ModelParams; Body: unknown }>(`${at}/infer`, (request, reply) =>
        context.answer(request, reply, () => {
          const oip = named(request, request.params);
          return infer(context, { request, reply, oip, version: request.params.version, served });
        }),
      );
    }
    done();
  });

  const oip = { tag: 'oip' } as const;
  const at = '/v2/models/{model}';
  docs.add({ ...oip, method: 'get', path: '/v2', summary: 'What this server is' });
  docs.add({ ...oip, method: 'get', path: '/v2/health/live', summary: 'Whether the process is alive' });
  docs.add({ ...oip, method: 'get', path: '/v2/health/ready', summary: 'Whether requests should be sent here' });
  docs.add({ ...oip, method: 'get', path: '/v2/models', summary: 'Models of this device' });
  docs.add({ ...oip, method: 'post', path: '/v2/repository/index', summary: 'The same, as Triton lists them' });
  docs.add({ ...oip, method: 'get', path: at, summary: 'Tensors of a model, its labels, weights and delta' });
  docs.add({ ...oip, method: 'get', path: `${at}/ready`, summary: 'Whether it answers' });
  docs.add({
    ...oip,
    method: 'post',
    path: `${at}/infer`,
    isCached: true,
    summary: 'Runs a model on the texts of a tensor, as JSON or with raw tensors behind it',
    request: inferBodySchema,
  });
}

interface Infer {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly oip: OipModel;
  readonly version: string | undefined;
  readonly served: ServedVariants;
}

async function infer(context: ServerContext, { request, reply, oip, version = '1', served }: Infer): Promise<Answer> {
  const { choice, task, outputs } = oip;
  const asked = parseInfer(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), {
    headerLength: request.headers['inference-header-content-length'] as string | undefined,
    maxTexts: context.limits.batch,
    jsonDepth: context.limits.jsonDepth,
  });
  const unknown = asked.outputs?.find((name) => !outputs.some((output) => output === name));
  if (unknown !== undefined) {
    throw refused(`There is no output "${unknown.slice(0, 64)}".`, `Its outputs: ${outputs.join(', ')}.`);
  }
  const { policy, domain, subDomain } = choice;
  const requirements = { ...requirementsFromHeaders(request.headers), ...asked.requirements };
  const weights = weightsOfVersion(oip, version);
  const cache = weights && context.isCached ? COMPUTED : {};
  const input = { ...requirements, ...cache, task, policy, domain, subDomain } as const;
  const results = (await runEach(asked.texts, AT_ONCE, (text) =>
    context.ask(request, reply, { model: choice, input: { ...input, text }, priority: asked.priority }),
  )) as [Result, ...Result[]];
  const catalog = context.catalog();
  for (const result of results) served.note(choice.name, result, catalog);
  if (weights && results.some((result) => variantOf(result, catalog) !== weights)) {
    throw notServed(`The model "${choice.name}" is not run in the version "${version}" here.`, choice.name);
  }
  return inferResponse(oip, asked, results, { version, catalog });
}

const notServed = (message: string, model: string): ModelNotFoundError =>
  new ModelNotFoundError({ message, hint: 'GET /v2/models lists the models.', facts: { model: model.slice(0, 128) } });
