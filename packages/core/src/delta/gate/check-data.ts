import type { DataReport, LabelledText } from './data-report.js';
import { findImbalance } from './find-imbalance.js';
import { findLeakage } from './find-leakage.js';
import { findRepeats } from './find-repeats.js';
import type { Pause } from './pause.js';

export interface CheckedData {
  readonly report: DataReport;
  /** Indices of the rows that are left to fit on. */
  readonly rows: readonly number[];
  readonly evaluation: readonly number[];
}

/**
 * What can be said of labelled texts before anything is fitted on them. Wrong labels are found later, from the
 * predictions of the fit: `findLabelErrors`.
 */
export async function checkData({
  rows,
  evaluation = [],
  pause,
}: {
  readonly rows: readonly LabelledText[];
  readonly evaluation?: readonly LabelledText[] | undefined;
  readonly pause: Pause;
}): Promise<CheckedData> {
  const { findings, repeated } = await findRepeats(rows, pause);
  const leaked = await findLeakage(rows, evaluation, pause);
  const without = new Set(repeated);
  const kept = [...rows.keys()].filter((row) => !without.has(row));
  const report: DataReport = {
    rows: rows.length,
    labels: new Set(rows.map(({ label }) => label)).size,
    findings: [...leaked.values(), ...findings, ...findImbalance(kept.map((row) => rows[row]!))],
    leftOut: {
      lines: repeated.map((row) => rows[row]!.line),
      evaluationLines: [...leaked.values()].map(({ evaluationLine }) => evaluationLine),
    },
  };
  return { report, rows: kept, evaluation: [...evaluation.keys()].filter((row) => !leaked.has(row)) };
}
