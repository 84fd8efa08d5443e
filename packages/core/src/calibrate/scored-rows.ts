/** Labelled rows with what every tier said of them: the only input of a calibration. */
export interface ScoredRows {
  readonly labels: readonly string[];
  readonly outOfScopeLabel: string | null;
  /** Index of the right label, one a row. */
  readonly truth: readonly number[];
  /** log(softmax) of each tier, one array a row. */
  readonly logProbs: Readonly<Record<string, readonly Float64Array[]>>;
}

export function pickRows(rows: ScoredRows, indices: readonly number[]): ScoredRows {
  return {
    ...rows,
    truth: indices.map((i) => rows.truth[i]!),
    logProbs: Object.fromEntries(
      Object.entries(rows.logProbs).map(([tier, all]) => [tier, indices.map((i) => all[i]!)]),
    ),
  };
}
