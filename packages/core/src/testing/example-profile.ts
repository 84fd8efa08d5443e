import type { DeviceProfile } from '../profile/device-profile.js';

/** A small Node box: four cores, 2 GiB for models, mains, CPU only. */
export function exampleProfile(changes: Partial<DeviceProfile> = {}): DeviceProfile {
  return {
    host: 'node',
    os: 'linux',
    cpu: { model: 'Example CPU', usableCores: 4, features: ['avx2'] },
    memory: { totalBytes: 4 * 2 ** 30, usableBytes: 2 * 2 ** 30, basis: 'free memory less a reserve' },
    storage: { freeBytes: 10 * 2 ** 30, reserveBytes: 2 ** 30 },
    power: { source: 'mains' },
    thermal: 'nominal',
    network: 'online',
    providers: [{ id: 'cpu', gflops: { fp32: 20, int8: 40, q4: 15 }, gigabytesPerSecond: 10, overheadMs: 0.01 }],
    ...changes,
  };
}
