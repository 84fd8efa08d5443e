import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usableMemory } from './usable-memory.js';

const MIB = 2 ** 20;
const machine = { totalBytes: 16_384 * MIB, availableBytes: 10_000 * MIB, limits: [], ceilingBytes: undefined };

describe('usableMemory', () => {
  it('keeps 15 % of the machine back', () => {
    const memory = usableMemory(machine);
    expect(memory.usableBytes).toBe(Math.floor(10_000 * MIB - 0.15 * 16_384 * MIB));
    expect(memory.limitBytes).toBeUndefined();
    expect(memory.basis).toContain('available on the machine');
  });

  it('keeps at least 256 MiB of a small machine back', () => {
    const memory = usableMemory({ ...machine, totalBytes: 1024 * MIB, availableBytes: 500 * MIB });
    expect(memory.usableBytes).toBe(244 * MIB);
  });

  it('leaves most of a small cgroup limit to models', () => {
    const memory = usableMemory({ ...machine, limits: [{ limitBytes: 256 * MIB, usedBytes: 90 * MIB }] });
    expect(memory.usableBytes).toBe((256 - 90 - 8) * MIB);
    expect(memory.limitBytes).toBe(256 * MIB);
    expect(memory.basis).toBe('cgroup limit of 256 MiB minus 90 MiB in use and a reserve of 8 MiB');
  });

  it('keeps 2 % of a large limit back', () => {
    const memory = usableMemory({ ...machine, limits: [{ limitBytes: 2000 * MIB, usedBytes: 0 }] });
    expect(memory.usableBytes).toBe(1960 * MIB);
  });

  it('lets the limit with the least room decide, and reports the smallest limit', () => {
    const memory = usableMemory({
      ...machine,
      limits: [
        { limitBytes: 512 * MIB, usedBytes: 10 * MIB },
        { limitBytes: 1024 * MIB, usedBytes: 1000 * MIB },
      ],
    });
    expect(memory.usableBytes).toBe(Math.floor((24 - 0.02 * 1024) * MIB));
    expect(memory.limitBytes).toBe(512 * MIB);
  });

  it('lets a full machine decide under a generous limit', () => {
    const limits = [{ limitBytes: 8000 * MIB, usedBytes: 0 }];
    const memory = usableMemory({ ...machine, availableBytes: 3000 * MIB, limits });
    expect(memory.basis).toContain('available on the machine');
  });

  it('obeys the configured ceiling when it is the smallest', () => {
    const memory = usableMemory({ ...machine, ceilingBytes: 64 * MIB });
    expect(memory.usableBytes).toBe(64 * MIB);
    expect(memory.basis).toBe('configured ceiling of 64 MiB');
  });

  it('is never negative and never above any of its bounds', () => {
    const bytes = fc.integer({ min: 0, max: 2 ** 45 });
    const limit = fc.record({ limitBytes: bytes, usedBytes: bytes });
    fc.assert(
      fc.property(bytes, bytes, fc.array(limit, { maxLength: 4 }), fc.option(bytes, { nil: undefined }), (...facts) => {
        const [totalBytes, availableBytes, limits, ceilingBytes] = facts;
        const { usableBytes } = usableMemory({ totalBytes, availableBytes, limits, ceilingBytes });
        expect(usableBytes).toBeGreaterThanOrEqual(0);
        const bounds = [availableBytes, ceilingBytes ?? Infinity, ...limits.map(({ limitBytes }) => limitBytes)];
        expect(usableBytes).toBeLessThanOrEqual(Math.min(...bounds));
      }),
    );
  });
});
