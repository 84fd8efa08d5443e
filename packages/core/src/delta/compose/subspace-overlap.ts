import { modulesOf, type FactorPart, type ModuleFactors } from './compose-factors.js';

/**
 * How far two deltas change the same directions: the mean squared cosine of the principal angles between the column
 * spaces of their updates B A, matrix by matrix, weighted by the norms of the updates. Two random subspaces of dimension
 * r of h have r / h.
 * @returns in [0, 1]; 0 where no matrix is changed by both
 * @see Björck and Golub, Numerical methods for computing angles between linear subspaces (1973)
 */
export function subspaceOverlap(first: Pick<FactorPart, 'factors'>, second: Pick<FactorPart, 'factors'>): number {
  if (!first.factors || !second.factors) return 0;
  const others = modulesOf(second.factors);
  let sum = 0;
  let weights = 0;
  for (const [place, module] of modulesOf(first.factors)) {
    const other = others.get(place);
    if (!other) continue;
    const [u, v] = [updateSpace(module), updateSpace(other)];
    const weight = u.norm * v.norm;
    if (weight === 0) continue;
    // The squared singular values of a product of orthonormal bases sum up to its squared norm.
    const cosines = u.basis.reduce((all, x) => all + v.basis.reduce((each, y) => each + dot(x, y) ** 2, 0), 0);
    sum += (weight * cosines) / Math.min(u.basis.length, v.basis.length);
    weights += weight;
  }
  return weights === 0 ? 0 : sum / weights;
}

interface Space {
  /** Orthonormal columns. */
  readonly basis: readonly Float64Array[];
  /** Frobenius norm of the update. */
  readonly norm: number;
}

/** B A = (B R^T) Q^T with A^T = Q R: the small factor has the columns and the norm of the whole update. */
function updateSpace({ a, b, hidden }: ModuleFactors): Space {
  const rank = a.shape[0]!;
  const rowsOfA = Array.from({ length: rank }, (_, i) =>
    Float64Array.from(a.data.subarray(i * hidden, (i + 1) * hidden)),
  );
  const q = orthonormal(rowsOfA);
  const columns = q.map((direction) => {
    const column = new Float64Array(hidden);
    for (let i = 0; i < rank; i++) {
      const along = dot(direction, rowsOfA[i]!);
      for (let row = 0; row < hidden; row++) column[row]! += along * b.data[row * rank + i]!;
    }
    return column;
  });
  return { basis: orthonormal(columns), norm: Math.sqrt(columns.reduce((all, each) => all + dot(each, each), 0)) };
}

/** What is this much shorter without the directions before it points into those. */
const DEPENDENT = 1e-6;

/** Modified Gram-Schmidt, twice over each vector; dependent ones are left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    const before = Math.sqrt(dot(rest, rest));
    for (let pass = 0; pass < 2; pass++) {
      for (const direction of basis) {
        const along = dot(rest, direction);
        for (let i = 0; i < rest.length; i++) rest[i]! -= along * direction[i]!;
      }
    }
    const norm = Math.sqrt(dot(rest, rest));
    if (norm <= DEPENDENT * before || norm === 0) continue;
    basis.push(rest.map((value) => value / norm));
  }
  return basis;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
