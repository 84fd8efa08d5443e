import { describe, expect, it, vi } from 'vitest';
import type { Contest } from '../recommend/contests.js';
import { createLazyRaces } from './lazy-races.js';
import type { Races, RacesModule, RacesPorts } from './races.js';

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));
const one = { contests: [{} as Contest] };
const none = { contests: [] };

function lazy() {
  const failures: unknown[] = [];
  const considered: unknown[] = [];
  const close = vi.fn<() => Promise<void>>(async () => undefined);
  const real: Races = { consider: (...asked) => void considered.push(asked), close };
  const load = vi.fn<() => Promise<RacesModule>>(async () => ({ createRaces: () => real }));
  const ports = { onFailure: (error: unknown) => failures.push(error) } as unknown as RacesPorts;
  return { races: createLazyRaces({ ...ports, load }), load, close, considered, failures };
}

describe('what races providers', () => {
  it('is not loaded where there is nothing to race', async () => {
    const { races, load } = lazy();
    races.consider(none, ['base']);
    await settled();
    await races.close();
    expect(load).not.toHaveBeenCalled();
  });

  it('is loaded once, and considers what it was loaded for', async () => {
    const { races, load, considered } = lazy();
    races.consider(one, ['base']);
    await settled();
    races.consider(one, ['nano']);
    expect(considered).toEqual([
      [one, ['base']],
      [one, ['nano']],
    ]);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is loaded again by a later request when it does not come, which is said once', async () => {
    const { races, load, considered, failures } = lazy();
    const missing = new TypeError('Failed to fetch dynamically imported module');
    load.mockRejectedValueOnce(missing).mockRejectedValueOnce(missing);
    for (let requests = 0; requests < 3; requests++) {
      races.consider(one, ['base']);
      await settled();
    }
    expect(failures).toEqual([missing]);
    expect(considered).toHaveLength(1);
  });

  it('begins nothing once the runtime is closed, though it comes late', async () => {
    const { races, considered, close } = lazy();
    races.consider(one, ['base']);
    await races.close();
    await settled();
    races.consider(one, ['base']);
    expect(considered).toEqual([]);
    expect(close).not.toHaveBeenCalled();
  });
});
