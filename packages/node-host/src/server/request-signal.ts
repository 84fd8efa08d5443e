import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpRefusal } from './http-refusal.js';

/** Nobody reads it: the number is for the log, as nginx writes it. */
export const CLIENT_GONE = 499;

/**
 * A signal that aborts when the client is gone or the request's time is up; one a request. An answer that was not read
 * by then is given up as well: nobody keeps it in memory by reading slowly.
 */
export function signalOf({ terrace }: FastifyRequest, { raw }: FastifyReply, requestMs: number): AbortSignal {
  if (terrace.controller) return terrace.controller.signal;
  const controller = new AbortController();
  terrace.controller = controller;
  if (raw.destroyed) controller.abort(clientGone());
  else terrace.timer = setTimeout(expire, requestMs, { controller, raw, requestMs });
  return controller.signal;
}

/** Ends what still works for a request, once its connection is closed or its answer sent. */
export function endSignal({ terrace }: FastifyRequest, { raw }: FastifyReply): void {
  clearTimeout(terrace.timer);
  if (!raw.writableEnded) terrace.controller?.abort(clientGone());
}

function expire({
  controller,
  raw,
  requestMs,
}: {
  controller: AbortController;
  raw: FastifyReply['raw'];
  requestMs: number;
}): void {
  controller.abort(
    new HttpRefusal({
      status: 504,
      code: 'TIME_UP',
      message: `The request was not answered within ${requestMs} ms.`,
      hint: 'Ask for the best answer so far with deadlineMs, or send fewer requests at a time.',
      facts: { requestMs },
    }),
  );
  if (raw.headersSent) raw.destroy();
}

const clientGone = (): HttpRefusal =>
  new HttpRefusal({
    status: CLIENT_GONE,
    code: 'CLIENT_GONE',
    message: 'The client closed the connection before it was answered.',
    hint: 'Wait longer for the answer.',
  });
