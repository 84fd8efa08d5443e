import { join } from 'node:path';
import type { DeviceProfile } from '@terrace/core';
import { listNames, readCount, readText } from './read-text.js';

type Thermal = DeviceProfile['thermal'];

/** A large server has a cooling device a core, all in step: the first ones tell enough. */
const MOST_COOLING_DEVICES = 16;

export interface ThermalReading {
  /** Throttling events of the first core and its package since boot; none where the CPU does not count them. */
  readonly events: number | undefined;
  /** Whether the kernel slows the processor down right now; none where it has no such control. */
  readonly slowedDown: boolean | undefined;
}

/** Temperatures themselves are left alone: reading a sensor can take milliseconds. */
export function readThermal(root: string): ThermalReading {
  const throttle = join(root, 'sys/devices/system/cpu/cpu0/thermal_throttle');
  const counts = ['core_throttle_count', 'package_throttle_count'].flatMap(
    (name) => readCount(join(throttle, name)) ?? [],
  );
  const coolers = join(root, 'sys/class/thermal');
  const states = listNames(coolers)
    .filter((name) => name.startsWith('cooling_device'))
    .slice(0, MOST_COOLING_DEVICES)
    .filter((name) => /processor|cpufreq/i.test(readText(join(coolers, name, 'type')) ?? ''))
    .flatMap((name) => readCount(join(coolers, name, 'cur_state')) ?? []);
  return {
    events: counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0),
    slowedDown: states.length === 0 ? undefined : states.some((state) => state > 0),
  };
}

/** Counters say something only against the reading before: since boot is too long ago. */
export function thermalFrom(before: ThermalReading | undefined, now: ThermalReading): Thermal {
  if (now.slowedDown) return 'throttled';
  if (now.events === undefined) return now.slowedDown === undefined ? 'unknown' : 'nominal';
  return before?.events !== undefined && now.events > before.events ? 'throttled' : 'nominal';
}
