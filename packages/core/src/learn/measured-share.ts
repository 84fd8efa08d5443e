import type { DeltaFacts, MeasuredShare } from '../catalog/delta-facts.js';
import { proportion } from '../evaluate/binomial.js';

/** Share of rows that were answered rightly, with its exact interval. */
export function measuredShare(right: readonly boolean[]): MeasuredShare {
  const { share = 0, interval, n } = proportion(right.filter(Boolean).length, right.length);
  return { value: share, interval: [interval[0], interval[1]], rows: n };
}

/** Accuracy in all, and in every sub-domain that has rows. */
export function measureAnswers({
  answers,
  truth,
  subDomains,
  basis,
}: {
  readonly answers: readonly string[];
  readonly truth: readonly string[];
  readonly subDomains: Readonly<Record<string, readonly string[]>>;
  readonly basis: 'held-out' | 'cross-validated';
}): NonNullable<DeltaFacts['metrics']> {
  const right = answers.map((answer, row) => answer === truth[row]);
  const within = (labels: readonly string[]): boolean[] => right.filter((_, row) => labels.includes(truth[row]!));
  const measured = Object.entries(subDomains)
    .map(([name, labels]) => [name, within(labels)] as const)
    .filter(([, rows]) => rows.length > 0);
  return {
    basis,
    accuracy: measuredShare(right),
    subDomains: Object.fromEntries(measured.map(([name, rows]) => [name, measuredShare(rows)])),
  };
}
