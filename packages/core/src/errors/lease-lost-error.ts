import { TerraceError } from './terrace-error.js';

/** Somebody else has taken the lease over since: nothing was written, and this controller has to stop. */
export class LeaseLostError extends TerraceError {
  static readonly code = 'LEASE_LOST';
  declare readonly code: typeof LeaseLostError.code;
}
