import { join } from 'node:path';
import type { DeviceProfile } from '@terrace/core';
import { listNames, readCount, readText } from './read-text.js';

export type Power = DeviceProfile['power'];

/** One entry of /sys/class/power_supply. */
interface PowerSupply {
  readonly type: string;
  readonly scope: string;
  readonly status: string;
  readonly online: boolean | undefined;
  /** In [0, 100]. */
  readonly capacity: number | undefined;
}

export function readPower(root: string): Power {
  const folder = join(root, 'sys/class/power_supply');
  return powerFrom(
    listNames(folder).map((name) => {
      const text = (file: string): string => readText(join(folder, name, file))?.trim() ?? '';
      const online = text('online');
      return {
        type: text('type'),
        scope: text('scope'),
        status: text('status'),
        online: online === '' ? undefined : online !== '0',
        capacity: readCount(join(folder, name, 'capacity')),
      };
    }),
  );
}

/**
 * A battery of scope `Device` is a mouse's or a headset's. Where there is neither a battery nor an adapter, as in
 * most virtual machines, nothing is known: the machine below may be a laptop.
 */
function powerFrom(supplies: readonly PowerSupply[]): Power {
  const batteries = supplies.filter(({ type, scope }) => type === 'Battery' && scope !== 'Device');
  const adapters = supplies.filter(({ type, online }) => type !== 'Battery' && online !== undefined);
  const levels = batteries.flatMap(({ capacity }) => (capacity === undefined ? [] : [Math.min(capacity, 100) / 100]));
  const source = sourceOf(batteries, adapters);
  if (levels.length === 0) return { source };
  return { source, batteryLevel: levels.reduce((sum, level) => sum + level, 0) / levels.length };
}

function sourceOf(batteries: readonly PowerSupply[], adapters: readonly PowerSupply[]): Power['source'] {
  if (adapters.some(({ online }) => online)) return 'mains';
  if (batteries.some(({ status }) => status === 'Discharging')) return 'battery';
  if (batteries.some(({ status }) => ['Charging', 'Full', 'Not charging'].includes(status))) return 'mains';
  return batteries.length > 0 && adapters.length > 0 ? 'battery' : 'unknown';
}
