import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';

/** Nobody was there to send it to, or it was refused on this side: such a call costs nothing. */
export const isUnsent = (error: unknown): boolean =>
  (EndpointUnreachableError.isInstance(error) && error.facts['phase'] === 'connect') ||
  (EndpointRefusedError.isInstance(error) && error.facts['status'] === undefined);
