import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { certifyHits, type ScoredRow } from './hit-certificate.js';
import { GUARDED, scoreOf } from './score.js';

const draw = (count: number, riskAt: (score: number) => number, random = seededRandom(1)): ScoredRow[] =>
  Array.from({ length: count }, () => {
    const score = random();
    return { score, right: random() >= riskAt(score) };
  });

describe('a certificate of hits', () => {
  it('takes what is certain and leaves what is not', () => {
    const certificate = certifyHits(
      draw(2_000, (score) => (score > 0.4 ? 0 : 0.5)),
      { maxWrongHitRate: 0.05, delta: 0.05 },
    );
    expect(certificate?.threshold).toBeGreaterThan(0.3);
    expect(certificate?.threshold).toBeLessThan(0.42);
    expect(certificate?.riskUpperBound).toBeLessThanOrEqual(0.05);
  });

  it('is not given where there are few rows, or where no score helps', () => {
    expect(
      certifyHits(
        draw(40, () => 0),
        { maxWrongHitRate: 0.05, delta: 0.05 },
      ),
    ).toBeUndefined();
    expect(
      certifyHits(
        draw(2_000, () => 0.2),
        { maxWrongHitRate: 0.05, delta: 0.05 },
      ),
    ).toBeUndefined();
    expect(certifyHits([], { maxWrongHitRate: 0.05, delta: 0.05 })).toBeUndefined();
  });

  it('takes nothing that the guard stopped, and no row whose score is no number', () => {
    const sound = draw(1_000, () => 0);
    const guarded = Array.from({ length: 300 }, () => ({ score: GUARDED, right: true }));
    const broken = Array.from({ length: 300 }, () => ({ score: NaN, right: true }));
    const certificate = certifyHits([...sound, ...guarded, ...broken], { maxWrongHitRate: 0.05, delta: 0.05 });
    expect(certificate?.threshold).toBeGreaterThan(GUARDED);
    expect(certificate?.n).toBeLessThanOrEqual(1_000);
    expect(certifyHits([...guarded, ...broken], { maxWrongHitRate: 0.05, delta: 0.05 })).toBeUndefined();
  });

  it('is broken by the truth in at most 5 of 100 draws where all scores are as bad as may be', () => {
    const random = seededRandom(2);
    let given = 0;
    for (let i = 0; i < 200; i++) {
      if (
        certifyHits(
          draw(600, () => 0.0501, random),
          { maxWrongHitRate: 0.05, delta: 0.05 },
        )
      )
        given++;
    }
    expect(given).toBeLessThanOrEqual(18);
  });
});

describe('the score of a question', () => {
  const near = (cosine: number, answerId: string, features: readonly string[]) => ({ cosine, answerId, features });

  it('of labels is higher where more neighbours say the same', () => {
    const features = ['wcard', 'g0'];
    const agreed = [near(0.9, 'a', features), near(0.85, 'a', features), near(0.8, 'a', features)];
    const split = [near(0.9, 'a', features), near(0.85, 'b', features), near(0.8, 'b', features)];
    const score = (nearest: typeof agreed) => scoreOf({ features, nearest, answers: 'labels' });
    expect(score(agreed)).toBeCloseTo(1.9);
    expect(score(split)).toBeCloseTo(1.4065);
  });

  it('of texts is the cosine, whatever the neighbours say', () => {
    const features = ['wcard', 'g0'];
    expect(scoreOf({ features, nearest: [near(0.9, 'a', features)], answers: 'texts' })).toBe(0.9);
  });

  it('waives a rule of the guard where the label was seen not to turn on it, and never for texts', () => {
    const five = ['n5', 'g0'];
    const three = ['n3', 'g0'];
    const nearest = [near(0.9, 'a', three), near(0.89, 'a', ['n4', 'g0']), near(0.88, 'a', ['n9', 'g0'])];
    expect(scoreOf({ features: five, nearest, answers: 'labels' })).toBeGreaterThan(GUARDED);
    expect(scoreOf({ features: five, nearest: nearest.slice(0, 2), answers: 'labels' })).toBe(GUARDED);
    expect(scoreOf({ features: five, nearest, answers: 'texts' })).toBe(GUARDED);
    const otherLabel = nearest.map((neighbour, i) => (i === 0 ? neighbour : { ...neighbour, answerId: 'b' }));
    expect(scoreOf({ features: five, nearest: otherLabel, answers: 'labels' })).toBe(GUARDED);
  });
});
