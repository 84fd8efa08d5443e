import { afterEach, describe, expect, it } from 'vitest';
import { createFakeRoot, type FakeRoot } from './testing/fake-root.js';
import { readThermal, thermalFrom } from './thermal.js';

const COUNTERS = 'sys/devices/system/cpu/cpu0/thermal_throttle';
let root: FakeRoot | undefined;
afterEach(() => root?.remove());

describe('thermal state', () => {
  it('is unknown where the OS does not tell', () => {
    root = createFakeRoot();
    expect(thermalFrom(undefined, readThermal(root.path))).toBe('unknown');
  });

  it('is throttled once the counters rise between two readings, and not for what was before', () => {
    root = createFakeRoot({
      [`${COUNTERS}/core_throttle_count`]: '7\n',
      [`${COUNTERS}/package_throttle_count`]: '3\n',
    });
    const first = readThermal(root.path);
    expect(thermalFrom(undefined, first)).toBe('nominal');
    expect(thermalFrom(first, readThermal(root.path))).toBe('nominal');
    root.write({ [`${COUNTERS}/package_throttle_count`]: '4\n' });
    expect(thermalFrom(first, readThermal(root.path))).toBe('throttled');
  });

  it('follows the cooling state of the processor and of nothing else', () => {
    root = createFakeRoot({
      'sys/class/thermal/cooling_device0/type': 'Fan\n',
      'sys/class/thermal/cooling_device0/cur_state': '3\n',
      'sys/class/thermal/cooling_device1/type': 'cpufreq-cpu0\n',
      'sys/class/thermal/cooling_device1/cur_state': '0\n',
    });
    expect(thermalFrom(undefined, readThermal(root.path))).toBe('nominal');
    root.write({ 'sys/class/thermal/cooling_device1/cur_state': '2\n' });
    expect(thermalFrom(undefined, readThermal(root.path))).toBe('throttled');
  });
});
