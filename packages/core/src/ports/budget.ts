/** What is left to spend. Asked before every climb; it decides at once and without effects. */
export interface Budget {
  /** Why the tier may not be used any more, in words; undefined while it may. */
  whySpent(tier: string): string | undefined;
}
