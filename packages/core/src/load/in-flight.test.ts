import { describe, expect, it } from 'vitest';
import { inFlight } from './in-flight.js';

describe('inFlight', () => {
  it('shares work of equal keys while it is under way, and starts anew afterwards', async () => {
    const share = inFlight<number>();
    let started = 0;
    const work = async (): Promise<number> => ++started;
    expect(await Promise.all([share('a', work), share('a', work), share('b', work)])).toEqual([1, 1, 2]);
    expect(await share('a', work)).toBe(3);
  });

  it('tells a failure to all who wait and forgets it', async () => {
    const share = inFlight<string>();
    const failure = new Error('no');
    const failed = await Promise.allSettled([
      share('a', () => Promise.reject(failure)),
      share('a', async () => 'late'),
    ]);
    expect(failed).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    expect(await share('a', async () => 'sound')).toBe('sound');
  });
});
