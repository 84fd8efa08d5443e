import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';

export const runtimeIsClosed = (endpoint: string): EndpointUnreachableError =>
  new EndpointUnreachableError({
    message: `${endpoint} cannot be asked: the runtime was closed.`,
    hint: 'Wait for requests under way before closing the runtime.',
    facts: { endpoint, phase: 'held' },
  });
