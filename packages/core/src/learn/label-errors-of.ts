import { pickMatrix } from '../delta/fit/folds.js';
import type { DataFinding } from '../delta/gate/data-report.js';
import { findLabelErrors } from '../delta/gate/find-label-errors.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { RungFit } from './fit-rung.js';
import { judgedRows, type FitSet } from './fit-set.js';
import { scoreFeatures } from './score-features.js';

/**
 * Likely wrong labels, by predictions of fits that have not seen the row. Where rows are held out, those are predicted by
 * the fit on the others, and the others by a fit on those.
 * @param fit of the largest rung
 * @param heldOut whether the rows held out are of the file that is looked at
 */
export async function labelErrorsOf(
  { plan: { labels }, logits, features }: RungFit,
  set: FitSet,
  {
    heldOut,
    ports,
    signal,
  }: { readonly heldOut: boolean; readonly ports: DeltasPorts; readonly signal: AbortSignal | undefined },
): Promise<DataFinding[]> {
  const indexOf = (among: readonly string[]): Map<string, number> => new Map(among.map((label, i) => [label, i]));
  const all = indexOf(labels);
  if (set.heldOut.length > 0 && !heldOut) return [];
  const judged = judgedRows(set);
  const found: DataFinding[] = findLabelErrors({
    rows: judged,
    labels,
    truth: judged.map(({ label }) => all.get(label)!),
    logits,
  });
  if (set.heldOut.length === 0) return found;
  const known = [...new Set(set.heldOut.map(({ label }) => label))].toSorted();
  const few = indexOf(known);
  const { head } = await ports.fitter.fitHead(
    {
      labels: known,
      truth: Int32Array.from(set.heldOut, ({ label }) => few.get(label)!),
      seed: set.seed,
      features: features.heldOut,
      crossValidate: false,
    },
    { signal },
  );
  const at = [...set.rows.keys()].filter((row) => few.has(set.rows[row]!.label));
  const rows = at.map((row) => set.rows[row]!);
  return [
    ...found,
    ...findLabelErrors({
      rows,
      labels: known,
      truth: rows.map(({ label }) => few.get(label)!),
      logits: await scoreFeatures(pickMatrix(features.rows, at), head, ports.clock),
    }),
  ];
}
