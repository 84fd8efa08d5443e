/** Values of 8 bits on either side of zero; -128 is left out, so that they are symmetric. */
const LEVELS = 127;

export interface QuantisedRows {
  /** As many as there were values. */
  readonly values: Int8Array<ArrayBuffer>;
  /** [rows]: what the values of each row are multiplied with. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * Rounds each row of a matrix to 8 bits by a scale of its own, no value by more than half of it. A row of zeros has
 * scale 1.
 * @param values [rows, columns], finite
 */
export function quantiseRows(values: Float32Array, rows: number): QuantisedRows {
  const columns = values.length / rows;
  const scales = Float32Array.from({ length: rows }, (_, row) => {
    let largest = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) largest = Math.max(largest, Math.abs(values[i]!));
    return Math.fround(largest / LEVELS) || 1;
  });
  const quantised = Int8Array.from(values, (value, i) => {
    const level = Math.round(value / scales[Math.floor(i / columns)]!);
    return Math.max(-LEVELS, Math.min(LEVELS, level));
  });
  return { values: quantised, scales };
}
