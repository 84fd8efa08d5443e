import { InvalidRequestError } from '@terrace/core';

export const isNoData = (error: unknown): error is DOMException =>
  error instanceof DOMException && error.name === 'DataCloneError';

/** Functions and nodes of the page do not cross to a worker. */
export const noData = (cause: DOMException): InvalidRequestError =>
  new InvalidRequestError({
    message: `What was passed cannot be sent to the runtime's worker: ${cause.message}`,
    hint: 'Pass plain objects, lists, texts and numbers, and no functions.',
    cause,
  });
