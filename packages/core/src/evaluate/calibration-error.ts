/** One answered row. */
export interface Graded {
  readonly confidence: number;
  readonly right: boolean;
}

const BINS = 15;

/**
 * Expected calibration error: mean distance between confidence and accuracy over 15 equal bins,
 * weighted by their rows.
 * @returns in [0, 1]; 0 without rows
 * @see Guo et al., On Calibration of Modern Neural Networks (2017)
 */
export function expectedCalibrationError(rows: readonly Graded[]): number {
  const bins = Array.from({ length: BINS }, () => ({ confidence: 0, right: 0 }));
  for (const { confidence, right } of rows) {
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.confidence += confidence;
    bin.right += Number(right);
  }
  const distance = bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0);
  return rows.length === 0 ? 0 : distance / rows.length;
}
