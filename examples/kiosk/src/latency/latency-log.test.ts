import { describe, expect, it } from 'vitest';
import type { Rung } from '../climb/climb-of.js';
import { EMPTY_LOG, seriesOf, summaryOf, tiersOf, withClimb } from './latency-log.js';

const rung = (tier: string, tookMs: number | undefined): Rung => ({
  tier,
  tookMs,
  placement: 'device',
  outcome: { kind: 'accepted' },
  confidence: 0.9,
  threshold: undefined,
  loadMs: undefined,
});

describe('latencies by tier', () => {
  it('have a gap where a tier was not asked', () => {
    const one = withClimb(EMPTY_LOG, [rung('nano', 1), rung('base', undefined)]);
    const two = withClimb(one, [rung('nano', 2), rung('base', 8)]);
    expect(tiersOf(two)).toEqual(['nano', 'base']);
    expect(seriesOf(two, tiersOf(two))).toEqual([
      [1, 2],
      [1, 2],
      [null, 8],
    ]);
  });

  it('are summed up by nearest rank', () => {
    let log = EMPTY_LOG;
    for (let ms = 1; ms <= 20; ms++) log = withClimb(log, [rung('nano', ms)]);
    expect(summaryOf(log)).toEqual([{ tier: 'nano', count: 20, p50Ms: 10, p95Ms: 19 }]);
  });

  it('forget what a chart has no room for', () => {
    let log = EMPTY_LOG;
    for (let i = 0; i < 1000; i++) log = withClimb(log, [rung('nano', 1)]);
    expect(log.requests).toBe(1000);
    expect(log.timings).toHaveLength(120);
  });
});
