import { parseFile } from '../../catalog/parse.js';
import { textCalibrationSchema, type TextCalibration } from '../../catalog/text-calibration.js';
import { InvalidCatalogError } from '../../errors/invalid-catalog-error.js';

/** @throws InvalidCatalogError when the bytes are no calibration of text */
export function readTextCalibration(bytes: Uint8Array): TextCalibration {
  return parseFile(textCalibrationSchema, readJson(bytes), 'calibration').value;
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new InvalidCatalogError({
      message: 'The calibration is no JSON.',
      hint: 'Make it anew with `terrace calibrate --text`.',
      cause,
    });
  }
}
