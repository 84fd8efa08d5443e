import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/seeded-random.js';
import { lowerBound } from './binomial.js';
import { findDrift, type JudgedAnswer } from './drift.js';

/** Newest first: the wrong ones, then the right ones. */
const answers = (wrong: number, right: number, changes: Partial<JudgedAnswer> = {}): JudgedAnswer[] =>
  Array.from({ length: wrong + right }, (_, index) => ({
    domain: 'bank',
    tier: 'nano',
    confidence: 0.98,
    right: index >= wrong,
    ...changes,
  }));

describe('findDrift', () => {
  it('is silent without feedback, and about a tier that keeps its bound', () => {
    expect(findDrift({ feedback: [] })).toEqual([]);
    expect(findDrift({ feedback: [], maxRisk: 0.02 })).toEqual([]);
    expect(findDrift({ feedback: answers(4, 196), maxRisk: 0.02 })).toEqual([]);
    expect(findDrift({ feedback: answers(4, 196) })).toEqual([]);
  });

  it('reports a breach of the bound only when chance does not explain it', () => {
    expect(findDrift({ feedback: answers(1, 0), maxRisk: 0.1 })).toEqual([]);
    expect(findDrift({ feedback: answers(7, 193), maxRisk: 0.02 })).toEqual([]);
    expect(findDrift({ feedback: answers(20, 180), maxRisk: 0.02 })).toEqual([
      {
        domain: 'bank',
        tier: 'nano',
        n: 200,
        wrong: 20,
        wrongAtLeast: lowerBound(20, 200, 0.05),
        expected: 0.02,
        basis: 'max-risk',
      },
    ]);
  });

  it('holds a tier to its own confidences when no bound was asked for', () => {
    const [drift, ...more] = findDrift({ feedback: answers(20, 180) });
    expect(more).toEqual([]);
    expect(drift).toMatchObject({ n: 200, wrong: 20, basis: 'confidence' });
    expect(drift!.expected).toBeCloseTo(0.02, 12);
    expect(findDrift({ feedback: answers(20, 180, { confidence: 0.9 }) })).toEqual([]);
  });

  it('says nothing of answers without a confidence, unless a bound was asked for', () => {
    const unsure = answers(20, 10, { confidence: undefined });
    expect(findDrift({ feedback: unsure })).toEqual([]);
    expect(findDrift({ feedback: unsure, maxRisk: 0.02 })).toMatchObject([{ n: 30, wrong: 20 }]);
  });

  it('tells tiers and domains apart', () => {
    const feedback = [
      ...answers(20, 180, { tier: 'base' }),
      ...answers(0, 200),
      ...answers(20, 180, { domain: undefined }),
    ];
    expect(findDrift({ feedback }).map(({ domain, tier }) => [domain, tier])).toEqual([
      ['bank', 'base'],
      [undefined, 'nano'],
    ]);
  });

  it('looks at the newest 200: what was wrong before is over, and what is wrong now is not hidden by better times', () => {
    expect(findDrift({ feedback: [...answers(0, 200), ...answers(200, 0)] })).toEqual([]);
    expect(findDrift({ feedback: [...answers(20, 180), ...answers(0, 100_000)] })).toMatchObject([{ wrong: 20 }]);
  });

  it('raises at most one false alarm in twenty over several tiers that are as good as they say', () => {
    const random = seededRandom(7);
    const reports = 1000;
    let alarms = 0;
    for (let report = 0; report < reports; report++) {
      const feedback = ['nano', 'small', 'base'].flatMap((tier) =>
        Array.from({ length: 100 }, () => {
          const confidence = 0.8 + 0.2 * random();
          return { domain: 'bank', tier, confidence, right: random() < confidence };
        }),
      );
      if (findDrift({ feedback }).length > 0) alarms++;
    }
    expect(alarms / reports).toBeLessThanOrEqual(0.05);
  });
});
