import type { Random } from '../../ports/random.js';

/**
 * One arm at random, never one whose share is 0.
 * @param shares by arm; they sum to 1
 * @throws RangeError when no share is over 0
 */
export function drawArm(shares: Float64Array, random: Random): number {
  const drawn = random();
  let sum = 0;
  let last = -1;
  for (let arm = 0; arm < shares.length; arm++) {
    if (!(shares[arm]! > 0)) continue;
    sum += shares[arm]!;
    if (drawn < sum) return arm;
    last = arm;
  }
  if (last < 0) throw new RangeError('no arm has a share');
  return last;
}
