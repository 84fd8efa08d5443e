import { TerraceError } from './terrace-error.js';

/** The runtime was closed before the request was answered. */
export class RuntimeClosedError extends TerraceError {
  static readonly code = 'RUNTIME_CLOSED';
  declare readonly code: typeof RuntimeClosedError.code;
}

export const runtimeClosed = (): RuntimeClosedError =>
  new RuntimeClosedError({
    message: 'The runtime was closed before the request was answered.',
    hint: 'Wait for requests under way before closing the runtime.',
  });
