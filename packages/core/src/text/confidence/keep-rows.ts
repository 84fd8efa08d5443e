import { CONFIDENCE_STEPS, MAX_CALIBRATION_ROWS, NO_ANSWER, type TextRows } from '../../catalog/text-calibration.js';
import { evenPlace } from './even-place.js';
import type { TextRow } from './fit-text-calibration.js';

/**
 * What bounds are certified on, as it is kept: the same questions of every tier, evenly thinned where there are too many.
 * @param held confidences of the rows by models that were fitted without them
 */
export function keepRows(
  rows: readonly (Pick<TextRow, 'isShort' | 'right'> | undefined)[],
  held: { readonly whole: readonly (number | undefined)[]; readonly early: readonly (number | undefined)[] },
): TextRows {
  const share = MAX_CALIBRATION_ROWS / rows.length;
  const kept = rows.flatMap((_, row) => (evenPlace(row) < share ? [row] : [])).slice(0, MAX_CALIBRATION_ROWS);
  return {
    whole: kept.map((row) => steps(held.whole[row])),
    early: kept.map((row) => (rows[row]?.isShort ? NO_ANSWER : steps(held.early[row]))),
    right: kept.map((row) => Number(rows[row]?.right === true)),
  };
}

const steps = (confidence: number | undefined): number =>
  confidence === undefined ? NO_ANSWER : Math.floor(confidence * CONFIDENCE_STEPS);
