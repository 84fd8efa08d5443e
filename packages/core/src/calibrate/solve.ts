/**
 * Solves a small dense system by Gaussian elimination with partial pivoting.
 * @param matrix [n][n], changed in place
 * @param vector [n], changed in place
 */
export function solve(matrix: number[][], vector: number[]): number[] {
  const n = vector.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[pivot]![column]!)) pivot = row;
    }
    [matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!];
    [vector[column], vector[pivot]] = [vector[pivot]!, vector[column]!];
    for (let row = column + 1; row < n; row++) {
      const factor = matrix[row]![column]! / matrix[column]![column]!;
      for (let k = column; k < n; k++) matrix[row]![k]! -= factor * matrix[column]![k]!;
      vector[row]! -= factor * vector[column]!;
    }
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) vector[row]! -= matrix[row]![k]! * vector[k]!;
    vector[row]! /= matrix[row]![row]!;
  }
  return vector;
}
