/** What an operating point costs on average, and how good it is. */
export interface CostQuality {
  readonly cost: number;
  readonly quality: number;
}

/**
 * AIQ: mean height of the non-decreasing convex hull of points, from one cost to another. Those who are compared share both
 * ends. What lies left of the first point counts as 0.
 * @returns NaN of no points, or of a range without width
 * @see Hu et al., RouterBench (2024)
 */
export function improvementArea(points: readonly CostQuality[], fromCost: number, toCost: number): number {
  const hull = hullOf(points.filter(({ cost }) => cost <= toCost));
  const last = hull.at(-1);
  if (!last || !(toCost > fromCost)) return NaN;
  let area = 0;
  for (const [index, right] of [...hull, { cost: toCost, quality: last.quality }].entries()) {
    const left = hull[index - 1];
    if (!left || right.cost <= fromCost) continue;
    const from = Math.max(left.cost, fromCost);
    const slope = right.cost > left.cost ? (right.quality - left.quality) / (right.cost - left.cost) : 0;
    const atFrom = left.quality + slope * (from - left.cost);
    area += ((atFrom + right.quality) / 2) * (right.cost - from);
  }
  return area / (toCost - fromCost);
}

/** Its corners from the cheapest to the best point, by rising cost and falling slope. */
function hullOf(points: readonly CostQuality[]): readonly CostQuality[] {
  const hull: CostQuality[] = [];
  for (const point of points.toSorted((a, b) => a.cost - b.cost || b.quality - a.quality)) {
    if (hull.length > 0 && point.quality <= hull.at(-1)!.quality) continue;
    while (hull.length > 1 && isBelow(hull.at(-2)!, hull.at(-1)!, point)) hull.pop();
    hull.push(point);
  }
  return hull;
}

const isBelow = (left: CostQuality, middle: CostQuality, right: CostQuality): boolean =>
  (middle.quality - left.quality) * (right.cost - left.cost) <=
  (right.quality - left.quality) * (middle.cost - left.cost);
