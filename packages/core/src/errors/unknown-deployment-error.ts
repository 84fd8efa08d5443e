import { TerraceError } from './terrace-error.js';

/** There is no such model, rollout or pilot in the deployment. */
export class UnknownDeploymentError extends TerraceError {
  static readonly code = 'UNKNOWN_DEPLOYMENT';
  declare readonly code: typeof UnknownDeploymentError.code;
}
