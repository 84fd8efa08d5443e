import { feedbackSchema, parseFeedback } from '@terrace/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { HttpRefusal } from '../http-refusal.js';
import type { ServerContext } from '../server-context.js';

/** `POST /v1/feedback`: whether an answer was right, told by who found out. */
export function feedbackRoutes(app: FastifyInstance, context: ServerContext): void {
  const { clock, docs, recordFeedback } = context;
  docs.add({
    method: 'post',
    path: '/v1/feedback',
    summary: 'Say whether an answer was right',
    tag: 'native',
    request: feedbackSchema,
    response: z.object({ requestId: z.string() }),
  });
  const keep = async (body: unknown): Promise<{ requestId: string }> => {
    const record = parseFeedback(body, clock.wallMs());
    if (!recordFeedback) throw notKept();
    await recordFeedback(record);
    return { requestId: record.requestId };
  };
  app.post('/v1/feedback', (request) => keep(request.body));
}

const notKept = (): HttpRefusal =>
  new HttpRefusal({
    status: 501,
    code: 'NOT_IMPLEMENTED',
    message: 'This server keeps no feedback.',
    hint: 'Send it to the server that gave the answer.',
  });
