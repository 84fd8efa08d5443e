import os from 'node:os';
import { cpuFeatures } from './cpu-info.js';
import type { Power } from './power-supply.js';

/** The part of the `systeminformation` package that is used here. */
export interface SystemInformation {
  osInfo(): Promise<{ readonly distro: string; readonly release: string; readonly arch: string }>;
  cpu(): Promise<{ readonly brand: string; readonly manufacturer: string }>;
  cpuFlags(): Promise<string>;
  battery(): Promise<{
    readonly hasBattery: boolean;
    readonly isCharging: boolean;
    readonly acConnected: boolean;
    readonly percent: number;
  }>;
  mem(): Promise<{ readonly available: number }>;
}

/** Loading it takes tens of milliseconds, so it is a call and not an import. */
export type LoadSystemInformation = () => Promise<SystemInformation>;

export const loadSystemInformation: LoadSystemInformation = async () => (await import('systeminformation')).default;

/** Name, version and architecture of the operating system. */
export async function readOs(load: LoadSystemInformation): Promise<string> {
  const info = await attempt(async () => (await load()).osInfo());
  const name = [info?.distro, info?.release].filter(Boolean).join(' ');
  return `${name || `${os.type()} ${os.release()}`} ${info?.arch || os.arch()}`;
}

/** What /proc/cpuinfo did not tell: an ARM part's trade name, and everything outside Linux. */
export async function readOtherCpu(load: LoadSystemInformation): Promise<{ model: string; features: string[] }> {
  const cpu = await attempt(async () => (await load()).cpu());
  const flags = await attempt(async () => (await load()).cpuFlags());
  // Every 64-bit ARM has NEON, and macOS lists no flags there.
  const features = cpuFeatures(`${flags ?? ''} ${process.arch === 'arm64' ? 'neon' : ''}`);
  return { model: [cpu?.manufacturer, cpu?.brand].filter(Boolean).join(' '), features };
}

export async function readOtherPower(load: LoadSystemInformation): Promise<Power> {
  const battery = await attempt(async () => (await load()).battery());
  if (battery === undefined) return { source: 'unknown' };
  if (!battery.hasBattery) return { source: 'mains' };
  const source = battery.acConnected || battery.isCharging ? 'mains' : 'battery';
  return { source, batteryLevel: Math.min(Math.max(battery.percent, 0), 100) / 100 };
}

/** macOS counts almost no memory as free; what it can reclaim is in `available`. */
export async function readOtherAvailableBytes(load: LoadSystemInformation): Promise<number> {
  return (await attempt(async () => (await load()).mem()))?.available ?? os.freemem();
}

/** It reads files and starts programs that a locked-down host may not have: no answer is an answer. */
async function attempt<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}
