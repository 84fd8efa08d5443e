import os from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@terrace/core';
import { readMemoryLimits } from './cgroup-memory.js';
import { readPower, type Power } from './power-supply.js';
import { parseCount, readText } from './read-text.js';
import { readOtherAvailableBytes, readOtherPower, type LoadSystemInformation } from './system-information.js';
import type { MemoryFacts } from './usable-memory.js';

/** Outside Linux asking for the battery starts a program; its level does not change faster than this. */
const POWER_KEPT_MS = 60_000;

export interface HostSource {
  /** Folder that holds `proc` and `sys`. */
  readonly root: string;
  readonly platform: NodeJS.Platform;
  readonly loadSystemInformation: LoadSystemInformation;
}

/** Memory of the machine and of the cgroups around this process, as of now. */
export async function readMemory(source: HostSource): Promise<Omit<MemoryFacts, 'ceilingBytes'>> {
  const meminfo = readText(join(source.root, 'proc/meminfo'));
  const totalBytes = meminfoBytes(meminfo, 'MemTotal') ?? os.totalmem();
  const availableBytes = meminfoBytes(meminfo, 'MemAvailable') ?? (await otherAvailableBytes(source));
  return {
    totalBytes,
    availableBytes: Math.min(availableBytes, totalBytes),
    limits: readMemoryLimits(source.root, totalBytes),
  };
}

/** How the host is powered, from files on Linux and from a slower source, asked once a minute, elsewhere. */
export function createPowerReader(source: HostSource, clock: Pick<Clock, 'nowMs'>): () => Promise<Power> {
  let kept: { readonly atMs: number; readonly power: Promise<Power> } | undefined;
  return async () => {
    if (source.platform === 'linux') return readPower(source.root);
    const nowMs = clock.nowMs();
    if (kept === undefined || nowMs - kept.atMs > POWER_KEPT_MS) {
      kept = { atMs: nowMs, power: readOtherPower(source.loadSystemInformation) };
    }
    return kept.power;
  };
}

/** Kernels before 3.14 and broken mounts have no MemAvailable: then what is plainly free must do. */
async function otherAvailableBytes({ platform, loadSystemInformation }: HostSource): Promise<number> {
  return platform === 'linux' ? os.freemem() : readOtherAvailableBytes(loadSystemInformation);
}

/** Lines look like `MemAvailable:   24422700 kB`. */
function meminfoBytes(text: string | undefined, name: string): number | undefined {
  const kibibytes = parseCount(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text ?? '')?.[1]);
  return kibibytes === undefined ? undefined : kibibytes * 1024;
}
