import { InvalidRequestError, type Placement, type RequestInput, type Result } from '@terrace/core';
import { setMaxListeners } from 'node:events';
import type { FastifyRequest } from 'fastify';
import { mayUse, tighter } from './access.js';
import { cacheOfRequest } from './cache-of-request.js';
import { requireShared } from './documents-of-request.js';
import { apiOf } from './error-shapes.js';
import { HttpRefusal } from './http-refusal.js';
import type { ModelChoice } from './model-name.js';
import type { ServerContext } from './server-context.js';

type Priority = NonNullable<RequestInput['priority']>;

const PRIORITY = 'x-terrace-priority';
const PLACEMENTS: readonly unknown[] = ['device', 'site', 'cloud'] satisfies readonly Placement[];

/** @throws HttpRefusal (403) when the key of a request may not use the model */
export function requireModel({ terrace: { access } }: FastifyRequest, { name }: Pick<ModelChoice, 'name'>): void {
  if (mayUse(access, name)) return;
  throw new HttpRefusal({
    status: 403,
    code: 'FORBIDDEN',
    message: `The key "${access.key}" may not use the model "${name}".`,
    hint: 'GET /v1/models lists the models of the key.',
    facts: { model: name },
  });
}

/** How requests of every interface come to the runtime: see `ServerContext.ask`. */
export function createAsk({
  runtime,
  metrics,
  signalOf,
  isCached,
  sharedCollections,
}: Pick<ServerContext, 'runtime' | 'metrics' | 'signalOf'> & {
  readonly isCached: boolean;
  readonly sharedCollections: readonly string[];
}): ServerContext['ask'] {
  return async (request, reply, { model, input, priority }) => {
    requireModel(request, model);
    requireShared(input, sharedCollections);
    const { terrace } = request;
    const signal = signalOf(request, reply);
    terrace.asked++;
    // Every text of a batch listens to it; most requests have one, and are spared this.
    if (terrace.asked === 2) setMaxListeners(0, signal);
    const cache = cacheOfRequest(request, metrics, isCached, input.cache);
    const result = await runtime.run(
      {
        ...input,
        ...cache.wish,
        residency: within(terrace.access.residency, input.residency),
        priority: priority ?? input.priority ?? priorityOf(request),
      },
      { signal, ...cache.options, ...(terrace.access.key !== undefined && { key: terrace.access.key }) },
    );
    terrace.last = result;
    terrace.answered++;
    count(metrics, request, model, result);
    return result;
  };
}

/** What is no placement is left for the runtime to refuse. */
export const within = (ceiling: Placement, asked: Placement | undefined): Placement =>
  asked === undefined ? ceiling : PLACEMENTS.includes(asked) ? tighter(ceiling, asked) : asked;

/** @throws InvalidRequestError when the header says neither */
export function priorityOf({ headers }: FastifyRequest): Priority {
  const asked = headers[PRIORITY];
  if (asked === undefined || asked === 'normal') return 'normal';
  if (asked === 'high') return 'high';
  throw new InvalidRequestError({
    message: `The header ${PRIORITY} is wrong.`,
    hint: 'Write high or normal, or leave it out.',
    facts: { param: PRIORITY },
  });
}

function count(
  metrics: ServerContext['metrics'],
  { url }: FastifyRequest,
  { name: model }: ModelChoice,
  { tier, placement, trace }: Result,
): void {
  let climbs = 0;
  const batches: number[] = [];
  for (const event of trace) {
    if (event.kind === 'climb') climbs++;
    else if (event.kind === 'run') batches.push(event.batch);
  }
  metrics.answered({ api: apiOf(url), model, tier, placement, climbs, batches });
}
