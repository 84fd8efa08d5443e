/** Of as many values as the query has. Four sums at a time: a processor need not wait for one before it begins the next. */
export function dotProduct(vectors: Float32Array, from: number, query: Float32Array | Float64Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = query.length - (query.length % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    a += vectors[from + i]! * query[i]!;
    b += vectors[from + i + 1]! * query[i + 1]!;
    c += vectors[from + i + 2]! * query[i + 2]!;
    d += vectors[from + i + 3]! * query[i + 3]!;
  }
  for (; i < query.length; i++) a += vectors[from + i]! * query[i]!;
  return a + b + (c + d);
}
