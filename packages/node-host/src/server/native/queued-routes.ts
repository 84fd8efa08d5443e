import type { QueuedState } from '@terrace/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { toldOf } from '../error-shapes.js';
import { HttpRefusal } from '../http-refusal.js';
import type { ServerContext } from '../server-context.js';
import { resultSchema } from './public-result.js';

const stateSchema = z.discriminatedUnion('state', [
  z.object({ requestId: z.string(), state: z.literal('waiting'), tries: z.number().int() }),
  z.object({ requestId: z.string(), state: z.literal('done'), result: resultSchema }),
  z.object({ requestId: z.string(), state: z.literal('failed'), error: z.looseObject({ code: z.string() }) }),
]);

/** `GET /v1/infer/{requestId}`: what became of a request that was put off. */
export function queuedRoutes(app: FastifyInstance, { queued, docs }: ServerContext): void {
  docs.add({
    method: 'get',
    path: '/v1/infer/{requestId}',
    summary: 'What became of a request that waited for a tier',
    tag: 'native',
    response: stateSchema,
  });
  app.get<{ Params: { requestId: string } }>('/v1/infer/:requestId', async ({ params: { requestId } }) => {
    const state = await queued?.(requestId);
    if (state) return describe(state);
    throw new HttpRefusal({
      status: 404,
      code: 'NOT_FOUND',
      message: 'No request waits or has waited under this id.',
      hint: 'Ids are those of answers with "queued"; answers are forgotten after a while.',
    });
  });
}

/** Without the request itself: whoever asks knows it, and nobody else should. */
function describe(state: QueuedState): object {
  const { requestId } = state.queued;
  switch (state.kind) {
    case 'waiting':
      return { requestId, state: 'waiting', tries: state.tries };
    case 'done':
      return { requestId, state: 'done', result: JSON.parse(state.result) as unknown };
    case 'failed':
      return { requestId, state: 'failed', error: toldOf(JSON.parse(state.error) as Parameters<typeof toldOf>[0]) };
  }
  return state satisfies never;
}
