import { TerraceError } from './terrace-error.js';

/** Another controller has the deployment of this ledger. Facts: owner. */
export class LeaseHeldError extends TerraceError {
  static readonly code = 'LEASE_HELD';
  declare readonly code: typeof LeaseHeldError.code;
}
