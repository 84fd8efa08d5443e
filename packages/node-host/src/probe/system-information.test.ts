import { describe, expect, it } from 'vitest';
import {
  readOs,
  readOtherAvailableBytes,
  readOtherCpu,
  readOtherPower,
  type SystemInformation,
} from './system-information.js';

const answers: SystemInformation = {
  osInfo: async () => ({ distro: 'macOS', release: '15.1', arch: 'arm64' }),
  cpu: async () => ({ manufacturer: 'Apple', brand: 'M4' }),
  cpuFlags: async () => 'avx2 fpu',
  battery: async () => ({ hasBattery: true, isCharging: false, acConnected: false, percent: 55 }),
  mem: async () => ({ available: 1234 }),
};
const load = async (): Promise<SystemInformation> => answers;
const fail = async (): Promise<SystemInformation> => {
  throw new Error('no such package');
};

describe('what systeminformation tells', () => {
  it('becomes facts of the profile', async () => {
    expect(await readOs(load)).toBe('macOS 15.1 arm64');
    const cpu = await readOtherCpu(load);
    expect(cpu.model).toBe('Apple M4');
    expect(cpu.features).toContain('avx2');
    expect(await readOtherPower(load)).toEqual({ source: 'battery', batteryLevel: 0.55 });
    expect(await readOtherAvailableBytes(load)).toBe(1234);
  });

  it('takes a computer without a battery for one on mains', async () => {
    const battery = async () => ({ hasBattery: false, isCharging: false, acConnected: true, percent: 0 });
    expect(await readOtherPower(async () => ({ ...answers, battery }))).toEqual({ source: 'mains' });
  });

  it('has a fallback for each when the package is missing', async () => {
    expect(await readOs(fail)).not.toBe('');
    expect((await readOtherCpu(fail)).model).toBe('');
    expect(await readOtherPower(fail)).toEqual({ source: 'unknown' });
    expect(await readOtherAvailableBytes(fail)).toBeGreaterThan(0);
  });
});
