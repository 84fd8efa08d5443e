import { afterEach, describe, expect, it, vi } from 'vitest';
import { readPageFacts } from './page-facts.js';

const unknown = { power: { source: 'unknown' } };

/** What the page reads when the browser has this `getBattery`. */
function factsWith(getBattery: unknown) {
  vi.stubGlobal('navigator', { getBattery });
  return readPageFacts();
}

describe('readPageFacts', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('tells of a battery, and whether it is being charged', async () => {
    expect(await factsWith(async () => ({ charging: false, level: 0.4 }))).toEqual({
      power: { source: 'battery', batteryLevel: 0.4 },
    });
    expect(await factsWith(async () => ({ charging: true, level: 0.9 }))).toEqual({
      power: { source: 'mains', batteryLevel: 0.9 },
    });
  });

  it('tells of mains alone where a desktop looks like a full battery', async () => {
    expect(await factsWith(async () => ({ charging: true, level: 1 }))).toEqual({ power: { source: 'mains' } });
  });

  it('knows nothing where the browser does not tell, and does not fail', async () => {
    expect(await factsWith(undefined)).toEqual(unknown);
    expect(await factsWith(() => Promise.reject(new Error('not allowed')))).toEqual(unknown);
    expect(await factsWith('nonsense')).toEqual(unknown);
    expect(await factsWith(async () => ({ charging: false, level: NaN }))).toEqual({ power: { source: 'battery' } });
    vi.stubGlobal('navigator', undefined);
    expect(await readPageFacts()).toEqual(unknown);
  });

  it('asks as the browser wants to be asked', async () => {
    const asked: unknown[] = [];
    await factsWith(async function battery(this: unknown) {
      asked.push(this);
      return { charging: true, level: 1 };
    });
    expect(asked).toEqual([navigator]);
  });
});
