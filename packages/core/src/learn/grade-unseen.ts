import { pickMatrix, splitRows, stratifiedFolds } from '../delta/fit/folds.js';
import type { DeltasPorts } from './deltas-ports.js';
import { calibrateRungs, type CalibrationAsk, type RungToCalibrate } from './calibrate-rungs.js';
import { gradeLadder } from './grade-ladder.js';

/** With more rows, what a calibration has seen of them makes a tenth of a point at most. */
const MOST_ROWS = 2000;
const HALVES = 2;

/**
 * Which rows the rungs of a candidate answer rightly together by a calibration that was made without them, half by half:
 * by the one that was made of 200 rows a ladder looks a point better on them than it is, and would take over for that.
 * @returns undefined where half of the rows is too little to calibrate on, and where it does not show: with one rung, or
 *   with many rows
 */
export async function gradeUnseen(
  ask: CalibrationAsk,
  ports: Pick<DeltasPorts, 'calibrate' | 'clock'>,
): Promise<readonly boolean[] | undefined> {
  const { rungs, truth, seen, random } = ask;
  if (rungs.length < 2 || truth.length > MOST_ROWS) return undefined;
  const labels = [...new Set(truth)];
  const fold = stratifiedFolds({
    truth: Int32Array.from(truth, (label) => labels.indexOf(label)),
    folds: HALVES,
    random,
  });
  const right = truth.map(() => false);
  for (let half = 0; half < HALVES; half++) {
    const { inside, outside } = splitRows(fold, half);
    const calibration = await calibrateRungs(
      {
        ...ask,
        rungs: pickRungs(rungs, outside),
        truth: outside.map((row) => truth[row]!),
        seen: seen && outside.map((row) => seen[row]!),
        onLadder: undefined,
      },
      ports,
    );
    if (!calibration) return undefined;
    const graded = await gradeLadder(
      pickRungs(rungs, inside),
      inside.map((row) => truth[row]!),
      calibration,
      { clock: ports.clock, signal: ask.signal },
    );
    for (const [i, row] of inside.entries()) right[row] = graded[i]!.right;
  }
  return right;
}

const pickRungs = (rungs: readonly RungToCalibrate[], rows: readonly number[]): RungToCalibrate[] =>
  rungs.map((rung) => ({ ...rung, logits: pickMatrix(rung.logits, rows) }));
