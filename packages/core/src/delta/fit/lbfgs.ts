/** A point's value and its slope. */
interface Slope {
  readonly value: number;
  readonly gradient: Float32Array<ArrayBuffer>;
}

interface MinimiseAsk {
  readonly start: Float32Array<ArrayBuffer>;
  readonly evaluate: (point: Float32Array<ArrayBuffer>) => Promise<Slope>;
  /** Stops when a step gains less than this share of the value. */
  readonly tolerance: number;
  /** Evaluations of `evaluate` at most. */
  readonly limit: number;
}

const MEMORY = 10;
/** Of the first gradient's length. */
const GRADIENT_TOLERANCE = 1e-4;
/** Armijo's: so much of the decrease that the slope promises has to come. */
const SUFFICIENT = 1e-4;
const HALVINGS = 12;

interface Pair {
  readonly step: Float32Array;
  readonly change: Float32Array;
  readonly curvature: number;
}

/**
 * The minimum of a convex function by L-BFGS with backtracking; points in single precision, sums in double.
 * @see Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 3.1
 */
export async function minimise({ start, evaluate, tolerance, limit }: MinimiseAsk): Promise<Float32Array<ArrayBuffer>> {
  let point = start;
  let { value, gradient } = await evaluate(point);
  let evaluations = 1;
  const enough = GRADIENT_TOLERANCE * length(gradient);
  const pairs: Pair[] = [];
  while (evaluations < limit && length(gradient) > enough) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    if (!(slope < 0)) break;
    let size = pairs.length > 0 ? 1 : Math.min(1, 1 / length(gradient));
    let next: { readonly point: Float32Array<ArrayBuffer>; readonly slope: Slope } | undefined;
    for (let halving = 0; halving < HALVINGS && evaluations < limit; halving++) {
      const candidate = moved(point, direction, size);
      const found = await evaluate(candidate);
      evaluations++;
      if (found.value <= value + SUFFICIENT * size * slope) {
        next = { point: candidate, slope: found };
        break;
      }
      size /= halving === 0 ? 2 : 4;
    }
    if (!next) break;
    const decrease = value - next.slope.value;
    const change = difference(next.slope.gradient, gradient);
    const step = difference(next.point, point);
    const curvature = dot(step, change);
    if (curvature > 0) pairs.push({ step, change, curvature });
    if (pairs.length > MEMORY) pairs.shift();
    ({ point } = next);
    ({ value, gradient } = next.slope);
    // The first step is as short as its direction is rough.
    if (pairs.length > 1 && decrease < tolerance * Math.abs(value)) break;
  }
  return point;
}

/** The two loops over what was learnt of the curvature. */
function descent(gradient: Float32Array<ArrayBuffer>, pairs: readonly Pair[]): Float32Array<ArrayBuffer> {
  const direction = gradient.map((value) => -value);
  const shares: number[] = [];
  for (const { step, change, curvature } of pairs.toReversed()) {
    const share = dot(step, direction) / curvature;
    shares.unshift(share);
    add(direction, change, -share);
  }
  const last = pairs.at(-1);
  if (last) scale(direction, last.curvature / dot(last.change, last.change));
  for (const [i, { step, change, curvature }] of pairs.entries())
    add(direction, step, shares[i]! - dot(change, direction) / curvature);
  return direction;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const length = (vector: Float32Array): number => Math.sqrt(dot(vector, vector));

function add(target: Float32Array, vector: Float32Array, times: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += times * vector[i]!;
}

function scale(target: Float32Array, times: number): void {
  for (let i = 0; i < target.length; i++) target[i]! *= times;
}

function moved(point: Float32Array, direction: Float32Array, size: number): Float32Array<ArrayBuffer> {
  const to = new Float32Array(point);
  add(to, direction, size);
  return to;
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a);
  add(out, b, -1);
  return out;
}
