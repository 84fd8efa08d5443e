/** What a budget will have taken at the end of its period. */
export interface BudgetForecast {
  /**
   * In the budget's unit: mean and 90 % interval of what the whole period takes if requests go on as they did, whether or
   * not the limit lets them. What calls under way hold is taken for spent.
   */
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** When it is expected to be spent, of the wall clock; undefined where it lasts. */
  readonly spentAtWallMs: number | undefined;
  /** P(spending exceeds the limit before the period ends), in [0, 1]. */
  readonly overrunProbability: number;
  /** Hours of spending it is based on; below 24 the interval is wide, and below 1 there is none to give. */
  readonly basisHours: number;
}

/** Spending of a full hour. */
export interface HourOfSpending {
  readonly fromWallMs: number;
  readonly amount: number;
}

/** From this probability on somebody is told. */
const LIKELY = 0.5;
/** Hours of spending without which a forecast is a guess. */
const LEAST_HOURS = 24;

/** Whether somebody should be told that the budget will probably not last. Pure. */
export const isOverrunLikely = ({ basisHours, overrunProbability }: BudgetForecast): boolean =>
  basisHours >= LEAST_HOURS && overrunProbability >= LIKELY;
