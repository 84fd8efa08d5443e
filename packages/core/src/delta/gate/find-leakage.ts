import type { DataFinding, LabelledText } from './data-report.js';
import { NearIndex } from './near-index.js';
import { normalForm } from './normal-form.js';

type Leakage = Extract<DataFinding, { kind: 'leakage' }>;

/**
 * Rows of the evaluation data that the training data holds, exactly or nearly.
 * @returns by the index of the evaluation row
 */
export function findLeakage(
  rows: readonly LabelledText[],
  evaluation: readonly LabelledText[],
): ReadonlyMap<number, Leakage> {
  const found = new Map<number, Leakage>();
  if (evaluation.length === 0) return found;
  const lineOf = new Map<string, number>();
  for (const { text, line } of rows) {
    const form = normalForm(text);
    if (!lineOf.has(form)) lineOf.set(form, line);
  }
  const index = new NearIndex();
  const forms = [...lineOf.keys()];
  for (const form of forms) index.find(form, 'add');
  for (const [row, { text, line: evaluationLine }] of evaluation.entries()) {
    const form = normalForm(text);
    const exactly = lineOf.get(form);
    const near = exactly === undefined ? index.find(form, 'look-only') : undefined;
    const line = exactly ?? (near === undefined ? undefined : lineOf.get(forms[near]!));
    if (line !== undefined) found.set(row, { kind: 'leakage', line, evaluationLine, exact: exactly !== undefined });
  }
  return found;
}
