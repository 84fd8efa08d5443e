/** Four sums side by side: a single one would wait for itself. `length` is a multiple of 4. */
export function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, length: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < length; i += 4) {
    first += a[atA + i]! * b[atB + i]!;
    second += a[atA + i + 1]! * b[atB + i + 1]!;
    third += a[atA + i + 2]! * b[atB + i + 2]!;
    fourth += a[atA + i + 3]! * b[atB + i + 3]!;
  }
  return first + second + third + fourth;
}

/** Adds `factor` times a stretch of `source`, in place. */
export function addScaled(
  target: Float32Array,
  at: number,
  factor: number,
  source: Float32Array,
  from: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) target[at + i] = target[at + i]! + factor * source[from + i]!;
}
