import { TerraceError } from './terrace-error.js';

/** A variant answers its self-test wrongly, or hopelessly late, with an execution provider of this device. */
export class ProviderWrongError extends TerraceError {
  static readonly code = 'PROVIDER_WRONG';
  declare readonly code: typeof ProviderWrongError.code;
}
