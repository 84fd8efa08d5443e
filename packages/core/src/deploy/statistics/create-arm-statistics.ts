import type { ArmStatistics, StatisticsKind } from './arm-statistics.js';
import { CountedStatistics } from './counted-statistics.js';
import { DecayedMeans } from './decayed-means.js';
import { SlidingMeans } from './sliding-means.js';
import { WatchedStatistics } from './watched-statistics.js';

/** Each of them is kept, of every arm. */
export const MOST_SAMPLES = 100_000;

/** @throws RangeError when a number of the kind is out of bounds */
export function createArmStatistics(kind: StatisticsKind): ArmStatistics {
  switch (kind.kind) {
    case 'plain':
      return new CountedStatistics({ rewards: new DecayedMeans(1), costs: new DecayedMeans(1) });
    case 'sliding': {
      const { samples } = kind;
      if (!(Number.isInteger(samples) && samples >= 1 && samples <= MOST_SAMPLES))
        throw new RangeError(`a number of samples is from 1 to ${MOST_SAMPLES}, not ${samples}`);
      return new CountedStatistics({ rewards: new SlidingMeans(samples), costs: new SlidingMeans(samples) });
    }
    case 'discounted': {
      const { factor } = kind;
      if (!(factor > 0 && factor < 1)) throw new RangeError(`a factor is between 0 and 1, not ${factor}`);
      return new CountedStatistics({ rewards: new DecayedMeans(factor), costs: new DecayedMeans(factor) });
    }
    case 'change-detection': {
      const { alpha } = kind;
      if (!(alpha > 0 && alpha < 1)) throw new RangeError(`a rate of false alarms is between 0 and 1, not ${alpha}`);
      return new WatchedStatistics({ inner: createArmStatistics({ kind: 'plain' }), alpha });
    }
    default:
      return kind satisfies never;
  }
}
