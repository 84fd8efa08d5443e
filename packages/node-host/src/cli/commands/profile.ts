import type { DeviceProfile } from '@terrace/core';
import { nodeProbe } from '../../create-node-runtime.js';
import { systemClock } from '../../system-clock.js';
import { bytes, percent, print, printJson, table } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

/** `terrace profile`: what this device offers. */
export async function profile(flags: GlobalFlags, signal: AbortSignal): Promise<number> {
  const { home, memoryBytes } = await readSettings(flags);
  const measured = await nodeProbe({ home, clock: systemClock, memoryBytes }).profile({ signal });
  if (flags.json) printJson(measured);
  else print(describe(measured));
  return 0;
}

function describe({ os, cpu, memory, storage, power, thermal, providers }: DeviceProfile): string {
  const level = power.batteryLevel === undefined ? '' : `, ${percent(power.batteryLevel)} charged`;
  return table([
    ['system', os],
    ['processor', `${cpu.model}, ${cpu.usableCores} usable cores`],
    ['features', cpu.features.join(' ') || 'none known'],
    ['memory', `${bytes(memory.usableBytes)} for models of ${bytes(memory.totalBytes)} (${memory.basis})`],
    ['storage', `${bytes(storage.freeBytes)} free, ${bytes(storage.reserveBytes)} kept back`],
    ['power', `${power.source}${level}`],
    ['heat', thermal],
    ...providers.map(({ id, gflops, gigabytesPerSecond, overheadMs }) => [
      id,
      `${gflops.fp32.toFixed(0)} GFLOP/s fp32, ${gflops.int8.toFixed(0)} int8, ${gflops.q4.toFixed(0)} q4; ${gigabytesPerSecond.toFixed(0)} GB/s; ${(overheadMs * 1000).toFixed(0)} us a call`,
    ]),
  ]);
}
