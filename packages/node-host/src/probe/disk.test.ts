import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskReserveBytes, readStorage } from './disk.js';

const MIB = 2 ** 20;

describe('readStorage', () => {
  it('asks the nearest folder that exists', async () => {
    const storage = await readStorage(join(tmpdir(), 'not', 'yet', 'there'));
    expect(storage.freeBytes).toBeGreaterThan(0);
    expect(storage.reserveBytes).toBeGreaterThanOrEqual(256 * MIB);
  });
});

describe('diskReserveBytes', () => {
  it('is 5 % between 256 MiB and 2 GiB', () => {
    expect(diskReserveBytes(1024 * MIB)).toBe(256 * MIB);
    expect(diskReserveBytes(20_000 * MIB)).toBe(1000 * MIB);
    expect(diskReserveBytes(2 ** 42)).toBe(2048 * MIB);
  });
});
