import { afterEach, describe, expect, it } from 'vitest';
import { readPower } from './power-supply.js';
import { createFakeRoot, type FakeRoot } from './testing/fake-root.js';

const SUPPLIES = 'sys/class/power_supply';
let root: FakeRoot | undefined;
afterEach(() => root?.remove());

function powerOf(supplies: Readonly<Record<string, Readonly<Record<string, string>>>>): ReturnType<typeof readPower> {
  const files = Object.entries(supplies).flatMap(([name, values]) =>
    Object.entries(values).map(([file, content]) => [`${SUPPLIES}/${name}/${file}`, `${content}\n`]),
  );
  root = createFakeRoot(Object.fromEntries(files) as Record<string, string>);
  return readPower(root.path);
}

describe('readPower', () => {
  it('sees a laptop on its battery', () => {
    const BAT0 = { type: 'Battery', status: 'Discharging', capacity: '42' };
    expect(powerOf({ AC: { type: 'Mains', online: '0' }, BAT0 })).toEqual({ source: 'battery', batteryLevel: 0.42 });
  });

  it('sees a laptop on mains', () => {
    const BAT0 = { type: 'Battery', status: 'Charging', capacity: '80' };
    expect(powerOf({ AC: { type: 'Mains', online: '1' }, BAT0 })).toEqual({ source: 'mains', batteryLevel: 0.8 });
  });

  it('concludes mains from a full battery that names no adapter', () => {
    const BAT0 = { type: 'Battery', status: 'Full', capacity: '100' };
    expect(powerOf({ BAT0 })).toEqual({ source: 'mains', batteryLevel: 1 });
  });

  it('averages two batteries', () => {
    const BAT0 = { type: 'Battery', status: 'Discharging', capacity: '20' };
    expect(powerOf({ BAT0, BAT1: { ...BAT0, capacity: '60' } }).batteryLevel).toBeCloseTo(0.4);
  });

  it('ignores the battery of a mouse', () => {
    const mouse = { type: 'Battery', scope: 'Device', status: 'Discharging', capacity: '5' };
    expect(powerOf({ mouse })).toEqual({ source: 'unknown' });
  });

  it('does not know without any supply, and survives garbage', () => {
    expect(powerOf({})).toEqual({ source: 'unknown' });
    root?.remove();
    expect(powerOf({ BAT0: { type: 'Battery', status: '?', capacity: 'much' } })).toEqual({ source: 'unknown' });
  });

  it('never gives a level above 1', () => {
    expect(powerOf({ BAT0: { type: 'Battery', status: 'Full', capacity: '104' } }).batteryLevel).toBe(1);
  });
});
