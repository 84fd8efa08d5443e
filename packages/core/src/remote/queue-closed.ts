import { RuntimeClosedError } from '../errors/runtime-closed-error.js';

export const queueIsClosed = (): RuntimeClosedError =>
  new RuntimeClosedError({
    message: 'The runtime was closed.',
    hint: 'What waits is answered by the next runtime that uses the queue.',
  });
