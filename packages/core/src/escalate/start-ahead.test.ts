import { describe, expect, it } from 'vitest';
import type { RatedTier } from '../recommend/choose-ladder.js';
import { exampleRemoteTier, exampleTwin } from '../testing/example-endpoint.js';
import { exampleLadderOf, exampleRung } from '../testing/example-rungs.js';
import { startAhead } from './start-ahead.js';

const nano = exampleRung('nano', { p95Ms: 60 });
const siteOf = (changes: Partial<RatedTier['estimate']> = {}): RatedTier => ({
  tier: exampleRemoteTier(exampleTwin()),
  estimate: { ...nano.estimate, p95Ms: 100, ...changes },
});

function next(changes: Partial<Parameters<typeof startAhead>[0]> & { readonly site?: RatedTier } = {}) {
  const { site = siteOf() } = changes;
  return startAhead({
    rung: nano,
    ladder: [nano, site],
    calibration: exampleLadderOf('nano', 'base'),
    certificate: undefined,
    leftMs: 150,
    valueUsd: 0.01,
    loadMsOf: () => 0,
    canRead: () => true,
    bounded: false,
    closed: () => undefined,
    ...changes,
  })?.tier.id;
}

describe('a rung is asked together with the first one', () => {
  it('where one after the other would take too long', () => {
    expect(next()).toBe('site-base');
  });

  it('not where there is time for one after the other, or no deadline at all', () => {
    expect(next({ leftMs: 160 })).toBeUndefined();
    expect(next({ leftMs: Infinity })).toBeUndefined();
  });

  it('not where it would come too late anyway', () => {
    expect(next({ leftMs: 99 })).toBeUndefined();
  });

  it('not where it cannot be asked', () => {
    expect(next({ closed: ({ tier }) => (tier.kind === 'remote' ? 'offline' : undefined) })).toBeUndefined();
  });

  it('not where hardly any request climbs to it', () => {
    const calibration = exampleLadderOf('nano', 'base');
    const operating = { ...calibration.operating, calls: [1, 0.05] };
    expect(next({ calibration: { ...calibration, operating } })).toBeUndefined();
    const certificate = { coverage: 0.4 } as NonNullable<Parameters<typeof startAhead>[0]['certificate']>;
    expect(next({ calibration: { ...calibration, operating }, certificate })).toBe('site-base');
  });

  it('not where it costs more than a likely climb is worth', () => {
    expect(next({ site: siteOf({ costUsd: 0.001 }) })).toBe('site-base');
    expect(next({ site: siteOf({ costUsd: 0.005 }) })).toBeUndefined();
    expect(next({ site: siteOf({ costUsd: 0.005 }), valueUsd: 1 })).toBe('site-base');
  });

  it('not where nobody would climb to it: it cannot read the text, or keep the bound that was asked for', () => {
    expect(next({ canRead: () => false })).toBeUndefined();
    const unmeasured = { ...siteOf(), tier: exampleRemoteTier() };
    expect(next({ site: unmeasured })).toBe('site');
    expect(next({ site: unmeasured, bounded: true })).toBeUndefined();
    expect(next({ bounded: true })).toBe('site-base');
  });

  it('counts what must be loaded for the first one', () => {
    expect(next({ leftMs: 400 })).toBeUndefined();
    expect(next({ leftMs: 400, loadMsOf: () => 300 })).toBe('site-base');
  });
});
