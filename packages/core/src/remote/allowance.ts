/** Extra calls that may be made, as a share of the calls that users asked for. */
export interface Allowance {
  /** A call that somebody asked for. */
  earn(): void;
  /** One extra call; false when it would be one too many. */
  take(): boolean;
}

/**
 * A bucket that fills with the work itself, so that retries and hedges can never multiply a load: the share holds
 * over any number of calls, but for the first few.
 * @param share of extra calls, in [0, 1]
 * @param burst extra calls that may come at once
 */
export function createAllowance({ share, burst }: { share: number; burst: number }): Allowance {
  let left = burst;
  return {
    earn: () => void (left = Math.min(burst, left + share)),
    take() {
      if (left < 1) return false;
      left--;
      return true;
    },
  };
}
