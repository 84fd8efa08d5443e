import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { DeviceProfile } from '@terrace/core';

const MIB = 2 ** 20;

/** Room where models are stored, asked of the nearest folder that exists; nothing free when none answers. */
export async function readStorage(path: string): Promise<DeviceProfile['storage']> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      return { freeBytes: bavail * bsize, reserveBytes: diskReserveBytes(blocks * bsize) };
    } catch {
      if (dirname(folder) === folder) return { freeBytes: 0, reserveBytes: 0 };
    }
  }
}

/** What downloads leave to the rest of the machine: 5 % of the disk, at least 256 MiB and at most 2 GiB. */
export function diskReserveBytes(diskBytes: number): number {
  return Math.min(Math.max(Math.floor(0.05 * diskBytes), 256 * MIB), 2048 * MIB);
}
