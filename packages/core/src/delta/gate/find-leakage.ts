import type { DataFinding, LabelledText } from './data-report.js';
import { NearIndex } from './near-index.js';
import { normalForm } from './normal-form.js';
import { ROWS_A_TURN, type Pause } from './pause.js';

type Leakage = Extract<DataFinding, { kind: 'leakage' }>;

/**
 * Rows of the evaluation data that the training data holds, exactly or nearly.
 * @returns by the index of the evaluation row
 */
export async function findLeakage(
  rows: readonly LabelledText[],
  evaluation: readonly LabelledText[],
  pause: Pause,
): Promise<ReadonlyMap<number, Leakage>> {
  const found = new Map<number, Leakage>();
  if (evaluation.length === 0) return found;
  const lineOf = new Map<string, number>();
  for (const { text, line } of rows) {
    const form = normalForm(text);
    if (!lineOf.has(form)) lineOf.set(form, line);
  }
  const index = new NearIndex();
  const forms = [...lineOf.keys()];
  for (const [at, form] of forms.entries()) {
    if (at % ROWS_A_TURN === ROWS_A_TURN - 1) await pause();
    index.find(form, 'add');
  }
  for (const [row, { text, line: evaluationLine }] of evaluation.entries()) {
    if (row % ROWS_A_TURN === ROWS_A_TURN - 1) await pause();
    const form = normalForm(text);
    const exactly = lineOf.get(form);
    const near = exactly === undefined ? index.find(form, 'look-only') : undefined;
    const line = exactly ?? (near === undefined ? undefined : lineOf.get(forms[near]!));
    if (line !== undefined) found.set(row, { kind: 'leakage', line, evaluationLine, exact: exactly !== undefined });
  }
  return found;
}
