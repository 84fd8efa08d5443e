/** A difference of two shares on the same rows, with its paired 95 % bootstrap interval. */
export interface MeasuredDifference {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
  /** 0 where there is nothing to compare by: then the interval is all there could be, and the value says nothing. */
  readonly rows: number;
}

/** How a candidate and what is in force do on the same rows, which neither was fitted on. */
export interface Comparison {
  /** Candidate less current; the candidate's own accuracy where nothing is in force. */
  readonly accuracy: MeasuredDifference;
  readonly subDomains: Readonly<Record<string, MeasuredDifference>>;
  /** Mean cost of a request, candidate over current; 1 where both cost the same. */
  readonly costRatio: number;
}

/** Whether a candidate takes over. What is kept is not lost: it can be promoted by name. */
export type PromotionDecision =
  | {
      readonly kind: 'promote';
      readonly reason: 'first' | 'better' | 'equal-and-cheaper';
      readonly comparison: Comparison;
    }
  | {
      readonly kind: 'keep';
      readonly reason: 'worse' | 'sub-domain-worse' | 'not-better' | 'no-better-than-guessing' | 'too-few-rows';
      /** The sub-domain that it is worse in. */
      readonly subDomain?: string | undefined;
      readonly comparison: Comparison;
    };
