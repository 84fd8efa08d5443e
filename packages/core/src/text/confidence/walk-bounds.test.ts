import { describe, expect, it } from 'vitest';
import type { TextRows } from '../../catalog/text-calibration.js';
import type { Random } from '../../ports/random.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { createWalkBounds, deltaOfEach, type WalkRung } from './walk-bounds.js';

const MAX_RISK = 0.1;
const DELTA = 0.05;
const DRAWS = 1000;
/** 5 % of the draws. */
const ALLOWED = DRAWS * DELTA;

/** Two tiers of which each confidence is P(right), and whether one is right says this of the other. */
interface Population {
  readonly errors: readonly [number, number];
  readonly steepness: readonly [number, number];
  readonly together: 'independent' | 'alike' | 'opposite';
}

const steps = (confidence: number): number => Math.floor(confidence * 10_000);

function draw({ errors, steepness, together }: Population, count: number, random: Random): [TextRows, TextRows] {
  const tiers = [0, 1].map(() => ({ whole: [] as number[], early: [] as number[], right: [] as number[] }));
  for (let i = 0; i < count; i++) {
    const hard = random();
    const luck = random();
    const lucks = [luck, { independent: random(), alike: luck, opposite: 1 - luck }[together]];
    tiers.forEach(({ whole, early, right }, at) => {
      const unsure = at === 0 ? hard : (hard + random()) / 2;
      const confidence = 1 - errors[at]! * unsure ** steepness[at]!;
      whole.push(steps(confidence));
      early.push(steps(Math.min(1, Math.max(0, confidence + 0.3 * (random() - 0.5)))));
      right.push(Number(lucks[at]! < confidence));
    });
  }
  return tiers as [TextRows, TextRows];
}

/** True risks of what each tier of the walk accepts of many other requests, as their confidences have it. */
function risksOf(tiers: readonly TextRows[], thresholds: readonly number[], isHeld: boolean): (number | undefined)[] {
  const accepted = tiers.map(() => ({ count: 0, risk: 0 }));
  const [first] = tiers;
  first!.whole.forEach((_, row) => {
    for (const [at, { whole, early }] of tiers.entries()) {
      const by = isHeld && at === 0 ? early[row]! : whole[row]!;
      if (by < thresholds[at]!) continue;
      if (whole[row]! >= thresholds[at]!) {
        accepted[at]!.count++;
        accepted[at]!.risk += 1 - whole[row]! / 10_000;
      }
      return;
    }
  });
  return accepted.map(({ count, risk }) => (count > 0 ? risk / count : undefined));
}

function simulate(population: Population, rows: number, isHeld: boolean) {
  const random = seededRandom(7);
  const others = draw(population, 500, seededRandom(8));
  const told = { exceeded: 0, together: 0, coverage: 0, alone: 0 };
  for (let i = 0; i < DRAWS; i++) {
    const [a, b] = draw(population, rows, random).map((each, at): WalkRung => ({
      rows: each,
      isHeld: isHeld && at === 0,
    }));
    const bounds = createWalkBounds();
    const certified = [[a!], [a!, b!]].map((walk) =>
      bounds.certificate({ walk, maxRisk: MAX_RISK, delta: deltaOfEach(2) }),
    );
    const thresholds = certified.map((each) => Math.round((each?.threshold ?? Infinity) * 10_000));
    const risks = risksOf(others, thresholds, isHeld);
    told.exceeded += Number(risks.some((risk) => risk !== undefined && risk > MAX_RISK));
    told.coverage += certified.reduce((sum, each) => sum + (each?.coverage ?? 0), 0) / DRAWS;
    told.alone += (bounds.certificate({ walk: [b!], maxRisk: MAX_RISK, delta: DELTA })?.coverage ?? 0) / DRAWS;
  }
  return told;
}

describe('bounds of walks over simulated populations', () => {
  it.each([
    ['whose tiers err by themselves', 'independent', false],
    ['whose tiers err on the same requests', 'alike', false],
    ['whose tiers err on each others best', 'opposite', true],
  ] as const)('are exceeded by some tier in at most 5 % of draws %s', (_, together, isHeld) => {
    const { exceeded, coverage, alone } = simulate({ errors: [0.7, 0.25], steepness: [1.5, 1], together }, 600, isHeld);
    expect(exceeded).toBeLessThanOrEqual(ALLOWED);
    // The larger tier by itself is asked for everything, and answers little more.
    expect(coverage).toBeGreaterThan(0.7 * alone);
  });

  it('are exceeded in at most 5 % of draws where both tiers err just too often everywhere', () => {
    const { exceeded } = simulate({ errors: [0.101, 0.101], steepness: [0, 0], together: 'independent' }, 300, false);
    expect(exceeded).toBeLessThanOrEqual(ALLOWED);
  });
});

describe('the bound of one tier of a walk', () => {
  const rowsOf = (whole: readonly number[], right: readonly number[]): TextRows => ({
    whole: [...whole],
    early: whole.map(() => -1),
    right: [...right],
  });
  const many = Array.from({ length: 400 }, (_, row) => row);
  const half = rowsOf(
    many.map((row) => (row < 200 ? 9000 : 100)),
    many.map((row) => Number(row < 200)),
  );
  const ask = { maxRisk: MAX_RISK, delta: DELTA };

  it('counts what reaches it, and nothing that a tier before it accepts', () => {
    // Right wherever the first one is not, and wrong wherever it is.
    const other = rowsOf(
      many.map(() => 9500),
      many.map((row) => Number(row >= 200)),
    );
    const { certificate } = createWalkBounds();
    const [a, b] = [half, other].map((rows) => ({ rows, isHeld: false }));
    expect(certificate({ walk: [b!], ...ask })).toBeUndefined();
    expect(certificate({ walk: [a!, b!], ...ask })).toMatchObject({ n: 200, wrong: 0, coverage: 0.5, threshold: 0.95 });
  });

  it('is the same whether a tier that keeps none is asked before it or not, and asked again', () => {
    const none = rowsOf(
      many.map(() => 9000),
      many.map(() => 0),
    );
    const { certificate } = createWalkBounds();
    const [a, b] = [none, half].map((rows) => ({ rows, isHeld: false }));
    const alone = certificate({ walk: [b!], ...ask });
    expect(alone).toMatchObject({ n: 200, threshold: 0.9 });
    expect(certificate({ walk: [a!, b!], ...ask })).toEqual(alone);
    expect(certificate({ walk: [a!, b!], ...ask })).toBe(certificate({ walk: [a!, b!], ...ask }));
    expect(certificate({ walk: [a!, b!], ...ask, maxRisk: 0.001 })).toBeUndefined();
  });

  it('never accepts where there was no answer, and hands those questions on', () => {
    const silent = rowsOf(
      many.map((row) => (row < 200 ? -1 : 9000)),
      many.map((row) => Number(row >= 200)),
    );
    const { certificate } = createWalkBounds();
    const [a, b] = [silent, half].map((rows) => ({ rows, isHeld: false }));
    expect(certificate({ walk: [a!], ...ask })).toMatchObject({ n: 200, coverage: 0.5 });
    expect(certificate({ walk: [a!, b!], ...ask })).toMatchObject({ n: 200, wrong: 0 });
    const nothing = {
      rows: rowsOf(
        many.map(() => -1),
        many.map(() => 0),
      ),
      isHeld: false,
    };
    expect(certificate({ walk: [nothing], ...ask })).toBeUndefined();
    expect(certificate({ walk: [{ ...nothing, isHeld: true }, b!], ...ask })).toMatchObject({ n: 200 });
  });
});
