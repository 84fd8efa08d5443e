/** How often requests asked for a label. */
export interface LabelTraffic {
  readonly label: string;
  readonly asked: number;
}

export interface TrafficWeights {
  /** Of each label of the rows: how often it is asked for, over how often it is among the rows. */
  readonly weights: ReadonlyMap<string, number>;
  /** The requests that say so. */
  readonly requests: number;
}

/** Of the spread of ratios by chance alone: what lies within is not taken for a shift. */
const STANDARD_ERRORS = 2;

/**
 * How much more or less often each label is asked for than it is among the rows. A few requests, or a few rows, say
 * little of a label: its ratio is drawn towards 1 as far as the ratios of all labels differ by no more than chance makes
 * them.
 *
 * A label with n rows, a share p of all, and t of N requests has the ratio t / m with m = N p, of which chance alone makes
 * the variance c = 1 / m + 1 / n. The weight is 1 + (t / m - 1) * sqrt(v / (v + c)), where v is the variance of the true
 * ratios, by moments, less what chance makes of it. The root keeps ratios as far apart as they are: without it, labels
 * that are asked for more often would all together count too little.
 * @param rows the label of each row, of all that those in question were drawn from
 * @param traffic labels that no row has are left out
 * @see Marshall, Mapping disease and mortality rates using empirical Bayes estimators (1991); Ghosh, Constrained Bayes
 *   estimation with applications (1992)
 */
export function trafficWeights(rows: readonly string[], traffic: readonly LabelTraffic[]): TrafficWeights {
  const inRows = countsOf(rows.map((label) => ({ label, asked: 1 })));
  const asked = countsOf(traffic.filter(({ label }) => inRows.has(label)));
  const requests = [...asked.values()].reduce((sum, count) => sum + count, 0);
  if (requests === 0) return { weights: new Map([...inRows.keys()].map((label) => [label, 1])), requests };
  const labels = [...inRows].map(([label, count]) => {
    const expected = (requests * count) / rows.length;
    const byChance = 1 / expected + 1 / count;
    return { label, count, expected, byChance, ratio: (asked.get(label) ?? 0) / expected };
  });
  const sum = (of: (label: (typeof labels)[number]) => number): number =>
    labels.reduce((total, label) => total + of(label), 0);
  const spread = sum(({ expected, ratio, byChance }) => expected ** 2 * ((ratio - 1) ** 2 - byChance));
  const error = Math.sqrt(sum(({ expected, byChance }) => 2 * (expected ** 2 * byChance) ** 2 + expected));
  const variance = Math.max(0, spread - STANDARD_ERRORS * error) / sum(({ expected }) => expected ** 2);
  const weightOf = ({ ratio, byChance }: (typeof labels)[number]): number =>
    1 + (ratio - 1) * Math.sqrt(variance / (variance + byChance));
  const mean = sum((each) => each.count * weightOf(each)) / rows.length;
  return { weights: new Map(labels.map((each) => [each.label, weightOf(each) / mean])), requests };
}

function countsOf(traffic: readonly LabelTraffic[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label, asked } of traffic) counts.set(label, (counts.get(label) ?? 0) + asked);
  return counts;
}
