import type { TraceEvent } from '@terrace/browser-host';
import { describe, expect, it } from 'vitest';
import { climbOf, MEMORY } from './climb-of.js';

const at = { atMs: 0 };
const plan = (...ladder: string[]): TraceEvent => ({
  ...at,
  kind: 'plan',
  durationMs: 1,
  ladder,
  rejected: [],
  catalogRevision: 'c',
  ladderRevision: 'l',
});
const run = (tier: string, durationMs: number): TraceEvent => ({
  ...at,
  kind: 'run',
  tier,
  variant: 'q4',
  durationMs,
  waitedMs: 0,
  runMs: durationMs,
  tokens: 8,
  batch: 1,
});
const judge = (path: string[], confidence: number, threshold?: number): TraceEvent => ({
  ...at,
  kind: 'judge',
  path,
  verdict: 'accept',
  reason: undefined,
  confidence,
  calibrated: true,
  threshold,
});
const climb = (from: string, to: string): TraceEvent => ({
  ...at,
  kind: 'climb',
  from,
  to,
  reason: 'utility',
  gain: 0.1,
});
const stop = (reason: string): TraceEvent => ({ ...at, kind: 'stop', reason, degraded: undefined });

const outcomes = (...trace: TraceEvent[]): string[] =>
  climbOf(trace).map(({ tier, outcome }) => `${tier} ${outcome.kind}`);

describe('the climb of a request', () => {
  it('ends on the first rung that is sure enough, and the others are not needed', () => {
    const trace = [plan('nano', 'base'), run('nano', 0.4), judge(['nano'], 0.98, 0.7), stop('not-worth-it')];
    expect(climbOf(trace)).toEqual([
      {
        tier: 'nano',
        placement: 'device',
        outcome: { kind: 'accepted' },
        confidence: 0.98,
        threshold: 0.7,
        tookMs: 0.4,
        loadMs: undefined,
      },
      expect.objectContaining({ tier: 'base', outcome: { kind: 'not-needed' }, tookMs: undefined }),
    ]);
  });

  it('passes over rungs between', () => {
    expect(
      outcomes(
        plan('nano', 'small', 'base'),
        judge(['nano'], 0.5),
        climb('nano', 'base'),
        judge(['nano', 'base'], 0.9),
        stop('top'),
      ),
    ).toEqual(['nano unsure', 'small skipped', 'base accepted']);
  });

  it('is open where it has not come yet', () => {
    expect(outcomes(plan('nano', 'base'), judge(['nano'], 0.5), climb('nano', 'base'))).toEqual([
      'nano unsure',
      'base open',
    ]);
  });

  it('may end without being sure', () => {
    expect(outcomes(plan('nano'), judge(['nano'], 0.3, 0.7), stop('confidence'))).toEqual(['nano unsure']);
  });

  it('tells of a rung that failed, and of one that answered in its place', () => {
    const failed: TraceEvent = { ...at, kind: 'failed', tier: 'nano', code: 'X', message: 'broken', hint: '' };
    expect(outcomes(plan('nano', 'base'), failed, judge(['base'], 0.9), stop('top'))).toEqual([
      'nano failed',
      'base accepted',
    ]);
  });

  it('is one step below all tiers where the answer is from memory', () => {
    const found: TraceEvent = { atMs: 0.3, kind: 'cache', hit: 'exact', ageMs: 5000, from: 'r1' };
    expect(climbOf([found, stop('top')])).toEqual([
      expect.objectContaining({ tier: MEMORY, outcome: { kind: 'remembered', ageMs: 5000 }, tookMs: 0.3 }),
    ]);
  });

  it('knows where a rung is before it was asked', () => {
    const [, site] = climbOf([plan('nano', 'site')], new Map([['site', 'site']]));
    expect(site?.placement).toBe('site');
  });
});
