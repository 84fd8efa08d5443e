import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { excessOf, FRESH, SequentialTest } from './sequential-test.js';

/** The wealth at its highest, over so many samples of which a share is of the new side. */
function highest({
  seed,
  samples,
  newShare,
  bad,
}: {
  seed: number;
  samples: number;
  newShare: number;
  bad: number;
}): number {
  const random = seededRandom(seed);
  const test = new SequentialTest(FRESH, 0);
  let most = 0;
  for (let i = 0; i < samples; i++) {
    const side = random() < newShare ? 'new' : 'old';
    test.add(side, random() < (side === 'new' ? bad : 0.1) ? 1 : 0);
    most = Math.max(most, test.wealth);
  }
  return most;
}

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

describe('a test by betting', () => {
  it('rarely finds what is not there, however often somebody looks', () => {
    const alarms = SEEDS.filter((seed) => highest({ seed, samples: 2_000, newShare: 0.1, bad: 0.1 }) >= 20);
    expect(alarms.length).toBeLessThanOrEqual(0.05 * SEEDS.length);
  });

  it('finds a regression of five points with half of the labels on either side', () => {
    const found = SEEDS.filter((seed) => highest({ seed, samples: 5_000, newShare: 0.5, bad: 0.15 }) >= 20);
    expect(found.length).toBeGreaterThanOrEqual(0.95 * SEEDS.length);
  });

  it('finds what turns bad late', () => {
    const random = seededRandom(3);
    const test = new SequentialTest(FRESH, 0);
    const add = (samples: number, bad: number): void => {
      for (let i = 0; i < samples; i++) {
        test.add('new', random() < bad ? 1 : 0);
        test.add('old', random() < 0.1 ? 1 : 0);
      }
    };
    add(20_000, 0.02);
    expect(test.wealth).toBeLessThan(0.01);
    add(2_000, 0.3);
    expect(test.wealth).toBeGreaterThan(20);
  });

  it('calls nothing a regression that is within its margin', () => {
    const test = new SequentialTest(FRESH, 0.1);
    for (let i = 0; i < 3_000; i++) {
      test.add('new', i % 20 < 3 ? 1 : 0);
      test.add('old', i % 20 < 2 ? 1 : 0);
    }
    expect(test.wealth).toBeLessThan(1);
    expect(excessOf(test.state())).toBeCloseTo(0.05);
  });

  it('goes on from its state as if nothing had been between', () => {
    const random = seededRandom(4);
    const whole = new SequentialTest(FRESH, 0.01);
    let parts = new SequentialTest(FRESH, 0.01);
    for (let i = 0; i < 500; i++) {
      const sample = [random() < 0.3 ? 'new' : 'old', random()] as const;
      whole.add(...sample);
      parts.add(...sample);
      if (random() < 0.2) parts = new SequentialTest(JSON.parse(JSON.stringify(parts.state())), 0.01);
      expect(parts.state()).toEqual(whole.state());
    }
  });

  it('stays finite after ten million blocks, the worst and the best', () => {
    const many = { n: 3e7, sum: 1e7 };
    for (const bad of [0, 1]) {
      const state = { ...FRESH, blocks: 1e7, bets: [1e-300, 0, 1e300], seen: { new: many, old: many } };
      const test = new SequentialTest(state, 0);
      for (let i = 0; i < 2_000; i++) {
        test.add('new', bad);
        test.add('old', 1 - bad);
      }
      expect(Number.isNaN(test.wealth)).toBe(false);
    }
  });
});
