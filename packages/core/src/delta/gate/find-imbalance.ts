import type { DataFinding, LabelledText } from './data-report.js';

/** A label with so many times the rows of another one wins where it should not. */
const WORST_RATIO = 20;
/** With fewer rows than this, a label is mostly what its name says. */
const FEW_ROWS = 5;

/** Labels with few rows, and labels with many more rows than others. */
export function findImbalance(rows: readonly LabelledText[]): DataFinding[] {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, a], [, b]) => a - b);
  const [[smallest, fewest] = ['', 1], [largest, most] = ['', 1]] = [sorted[0], sorted.at(-1)];
  const ratio = most / fewest;
  return [
    ...(ratio > WORST_RATIO ? [{ kind: 'imbalance' as const, ratio, largest, smallest }] : []),
    ...sorted
      .filter(([, count]) => count < FEW_ROWS)
      .map(([label, count]) => ({ kind: 'few-examples' as const, label, rows: count })),
  ];
}
