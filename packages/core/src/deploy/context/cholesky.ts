/**
 * The lower triangle of a symmetric matrix, row by row: element (i, j) with j <= i is at i (i + 1) / 2 + j. Half of the memory,
 * and sums of outer products take half of the time.
 */
export type Packed = Float64Array;

export const packedLength = (n: number): number => (n * (n + 1)) / 2;

/** Adds `weight` times the outer product of a vector. */
export function addOuter(matrix: Packed, vector: Float64Array, weight: number): void {
  let at = 0;
  for (let i = 0; i < vector.length; i++) {
    const scaled = weight * vector[i]!;
    for (let j = 0; j <= i; j++) matrix[at++]! += scaled * vector[j]!;
  }
}

/**
 * Of two stretches. Four sums at a time: one would wait for itself at every step. Only of one type, for which engines make
 * fast code.
 */
export function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += a[atA + k]! * b[atB + k]!;
    s1 += a[atA + k + 1]! * b[atB + k + 1]!;
    s2 += a[atA + k + 2]! * b[atB + k + 2]!;
    s3 += a[atA + k + 3]! * b[atB + k + 3]!;
  }
  for (; k < length; k++) s0 += a[atA + k]! * b[atB + k]!;
  return s0 + s1 + (s2 + s3);
}

/** matrix * vector into `out`. */
export function multiplyPacked(matrix: Packed, vector: Float64Array, out: Float64Array): void {
  out.fill(0);
  let at = 0;
  for (let i = 0; i < vector.length; i++) {
    const own = vector[i]!;
    let sum = 0;
    for (let j = 0; j < i; j++, at++) {
      sum += matrix[at]! * vector[j]!;
      out[j]! += matrix[at]! * own;
    }
    out[i]! += sum + matrix[at++]! * own;
  }
}

/**
 * The factor L of L L' = matrix, in place.
 * @returns false where the matrix is not positive definite; then what is in it is of no use
 */
export function factorise(matrix: Packed, n: number): boolean {
  for (let i = 0, row = 0; i < n; row += ++i) {
    for (let j = 0, other = 0; j <= i; other += ++j) {
      const sum = matrix[row + j]! - dot(matrix, row, matrix, other, j);
      if (j < i) matrix[row + j] = sum / matrix[other + j]!;
      else if (sum > 0 && Number.isFinite(sum)) matrix[row + j] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L L' x = vector, in place. @param factor what `factorise` left */
export function solveFactored(factor: Packed, vector: Float64Array): void {
  const n = vector.length;
  for (let i = 0, row = 0; i < n; row += ++i) {
    let sum = vector[i]!;
    for (let j = 0; j < i; j++) sum -= factor[row + j]! * vector[j]!;
    vector[i] = sum / factor[row + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = (i * (i + 1)) / 2;
    const solved = vector[i]! / factor[row + i]!;
    vector[i] = solved;
    for (let j = 0; j < i; j++) vector[j]! -= factor[row + j]! * solved;
  }
}
