import { describe, expect, it } from 'vitest';
import { exampleCalibration } from '../testing/example-calibration.js';
import { exampleBase, exampleCatalog, exampleModel, exampleNano } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleRemoteTier } from '../testing/example-endpoint.js';
import { exampleLadderOf, exampleRung } from '../testing/example-rungs.js';
import { aroundAway } from './around-away.js';
import type { LadderChoice, RatedTier } from './choose-ladder.js';

const models = [exampleNano(), exampleModel({ id: 'small', layers: 3, flopsPerToken: 10_000_000 }), exampleBase()];
const calibration = exampleCalibration(exampleCatalog({ models }));

/** A site that computes a model, as the model's rung is rated. */
function twinOf(rung: RatedTier): RatedTier {
  const { tier } = rung;
  const id = `site-${tier.id}`;
  if (tier.kind === 'remote') throw new Error('a twin has a twin at home');
  const deltas = { bank: tier.delta!.contentId };
  const serves = { model: tier.id, variant: tier.variant.weights.sha256, deltas };
  return { ...rung, tier: exampleRemoteTier(exampleEndpoint({ id, serves })) };
}

const choiceOf = (...tiers: RatedTier[]): LadderChoice => ({
  tiers,
  calibration: exampleLadderOf(...tiers.map(({ tier }) => tier.id)),
  meanMs: 1,
  dropped: [],
});

const [nano, small, base] = (['nano', 'small', 'base'] as const).map((id) => exampleRung(id)) as [
  RatedTier,
  RatedTier,
  RatedTier,
];

/** The ladder when these are away. */
function around(choice: LadderChoice, all: readonly RatedTier[], away: readonly RatedTier[]): string[] {
  const { tiers } = aroundAway(choice, {
    all,
    isAway: (rung) => away.includes(rung),
    calibration,
    choose: (left) => choiceOf(...left),
  });
  return tiers.map(({ tier }) => tier.id);
}

describe('a ladder with rungs that are away', () => {
  it('is as it was when none of them is in it', () => {
    const site = twinOf(base);
    expect(around(choiceOf(nano, base), [nano, base, site], [site])).toEqual(['nano', 'base']);
  });

  it('has what stands in for them', () => {
    const site = twinOf(base);
    expect(around(choiceOf(nano, site), [nano, base, site], [site])).toEqual(['nano', 'base']);
  });

  it('shows what is missed at the top', () => {
    const site = twinOf(base);
    expect(around(choiceOf(nano, small, site), [nano, small, site], [site])).toEqual(['nano', 'small', 'site-base']);
  });

  it('does without those that others are above: a walk that leaves one out is another walk', () => {
    const [first, middle] = [twinOf(nano), twinOf(small)];
    expect(around(choiceOf(nano, middle, base), [nano, middle, base], [middle])).toEqual(['nano', 'base']);
    expect(around(choiceOf(first, base), [first, base], [first])).toEqual(['base']);
  });

  it('is as it was when nothing is left', () => {
    const site = twinOf(base);
    expect(around(choiceOf(site), [site], [site])).toEqual(['site-base']);
  });
});
