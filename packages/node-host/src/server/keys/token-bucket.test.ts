import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeToken, type Bucket } from './token-bucket.js';

describe('a bucket of requests', () => {
  it('lets through a minute of them at once, then one at a time at an even rate', () => {
    let bucket: Bucket | undefined;
    const take = (nowMs: number): number => {
      const taken = takeToken(bucket, { perMinute: 60, nowMs });
      bucket = taken.bucket;
      return taken.waitMs;
    };
    expect(Array.from({ length: 60 }, () => take(0))).toEqual(Array.from({ length: 60 }, () => 0));
    expect(take(0)).toBe(1000);
    expect(take(500)).toBe(500);
    expect(take(1000)).toBe(0);
    expect(take(1000)).toBe(1000);
  });

  it('lets through one now and then below one a minute', () => {
    const first = takeToken(undefined, { perMinute: 0.5, nowMs: 0 });
    expect(first.waitMs).toBe(0);
    expect(takeToken(first.bucket, { perMinute: 0.5, nowMs: 0 }).waitMs).toBe(120_000);
  });

  it('never lets through more than the rate allows, whatever the clock does, and says rightly when to come back', () => {
    const steps = fc.array(fc.integer({ min: -50, max: 5000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), steps, (perMinute, pauses) => {
        let bucket: Bucket | undefined;
        let nowMs = 0;
        let forwardMs = 0;
        let through = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          forwardMs += Math.max(0, pauseMs);
          const taken = takeToken(bucket, { perMinute, nowMs });
          bucket = taken.bucket;
          if (taken.waitMs === 0) through++;
          else {
            const later = { perMinute, nowMs: nowMs + taken.waitMs + 1e-3 };
            expect(takeToken(bucket, later).waitMs).toBe(0);
          }
        }
        expect(through).toBeLessThanOrEqual(perMinute + (forwardMs * perMinute) / 60_000 + 1e-6);
      }),
    );
  });
});
