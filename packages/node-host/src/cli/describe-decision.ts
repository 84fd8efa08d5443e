import type { MeasuredShare, PromotionDecision } from '@terrace/core/deltas';
import { percent } from './output.js';

type Measured = Readonly<Omit<MeasuredShare, 'interval'>> & { readonly interval: readonly [number, number] };
type Difference = PromotionDecision['comparison']['accuracy'];

/** A share with its interval: `91.2 % (88.0 to 93.9 %, 400 rows)`. */
export const measured = ({ value, interval: [low, high], rows }: Measured): string =>
  `${percent(value)} (${(low * 100).toFixed(1)} to ${percent(high)}, ${rows} rows)`;

/** A difference in points: `+3.1 points (1.2 to 5.0, 400 rows)`. */
const points = ({ value, interval: [low, high], rows }: Difference): string => {
  if (rows === 0) return 'there are no rows that neither was fitted on';
  const of = (share: number): string => (share * 100).toFixed(1);
  return `${value >= 0 ? '+' : ''}${of(value)} points (${of(low)} to ${of(high)}, ${rows} rows)`;
};

/** Why a revision took over or did not, in one sentence. */
export function describeDecision(decision: PromotionDecision): string {
  const { reason, comparison } = decision;
  const { accuracy, subDomains, costRatio } = comparison;
  switch (reason) {
    case 'first':
      return `better than nothing: ${measured(accuracy)} right, and nothing is in force`;
    case 'better':
      return `better than what is in force: ${points(accuracy)}`;
    case 'equal-and-cheaper':
      return `as good as what is in force, ${points(accuracy)}, at ${percent(costRatio)} of its cost`;
    case 'worse':
      return `worse than what is in force: ${points(accuracy)}`;
    case 'sub-domain-worse': {
      const of = decision.subDomain === undefined ? undefined : subDomains[decision.subDomain];
      return `worse in the sub-domain "${decision.subDomain ?? ''}"${of ? `: ${points(of)}` : ''}; ${points(accuracy)} in all`;
    }
    case 'not-better':
      return `not better than what is in force for sure: ${points(accuracy)}, at ${percent(costRatio)} of its cost`;
    case 'no-better-than-guessing':
      return `no better than guessing: ${measured(accuracy)} right`;
    case 'too-few-rows':
      return `too few rows to tell: ${points(accuracy)}`;
  }
  return reason satisfies never;
}
