import type { VariantStatistics } from '../../ports/ledger.js';
import type { DeviceProfile, ProviderProfile } from '../../profile/device-profile.js';
import type { HardwareProfile } from './frontier.js';

/** 365.25 days, in twelve parts. */
export const HOURS_PER_MONTH = 730.5;

/** Something to deploy on. */
export interface Machine {
  readonly name: string;
  readonly profile: DeviceProfile;
  /** What it takes each month whether it is asked or not: price over lifetime, and energy. */
  readonly monthlyUsd: number;
  /** What it has shown by itself; nothing where it is not there yet. */
  readonly statistics: readonly VariantStatistics[];
}

/** Rates of 8- and 4-bit kernels over that of 32-bit arithmetic, as measured on processors with AVX-512. */
const INT8 = 2.5;
const Q4 = 1;
/** A trivial run, in milliseconds. */
const OVERHEAD_MS = 0.01;
/** Of memory, for the system and whatever else runs. */
const KEPT_SHARE = 0.2;

/** A machine of which nothing is known but what its maker says. @param usdPerKilowattHour price of energy */
export function machineOf(hardware: HardwareProfile, usdPerKilowattHour: number): Machine {
  const { name, memoryBytes, cores, gpu, gflops, gigabytesPerSecond, watts, priceUsd, lifetimeHours } = hardware;
  const hourlyUsd = priceUsd / lifetimeHours + (watts / 1000) * usdPerKilowattHour;
  const cpu: ProviderProfile = {
    id: 'cpu',
    gflops: { fp32: gflops, int8: gflops * INT8, q4: gflops * Q4 },
    gigabytesPerSecond,
    overheadMs: OVERHEAD_MS,
    isEstimate: true,
  };
  return {
    name,
    monthlyUsd: hourlyUsd * HOURS_PER_MONTH,
    statistics: [],
    profile: {
      host: 'node',
      os: 'any',
      cpu: { model: name, usableCores: cores, features: [] },
      memory: {
        totalBytes: memoryBytes,
        usableBytes: memoryBytes * (1 - KEPT_SHARE),
        basis: `its memory less ${KEPT_SHARE * 100} % for everything else`,
      },
      storage: { freeBytes: Number.MAX_SAFE_INTEGER, reserveBytes: 0 },
      power: { source: 'mains' },
      thermal: 'nominal',
      network: 'online',
      // Outside of browsers models run on processors alone: what a GPU would compute is promised to nobody.
      providers: [cpu],
      ...(gpu && {
        gpu: {
          vendor: name,
          architecture: '',
          isSoftware: false,
          shaderF16: true,
          maxBufferBytes: gpu.memoryBytes,
          maxStorageBufferBytes: gpu.memoryBytes,
        },
      }),
    },
  };
}
