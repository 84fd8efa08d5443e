import { TerraceError } from './terrace-error.js';

/** A calibration made for other deltas or variants than the ones in the ladder. */
export class CalibrationMismatchError extends TerraceError {
  static readonly code = 'CALIBRATION_MISMATCH';
  declare readonly code: typeof CalibrationMismatchError.code;
}
