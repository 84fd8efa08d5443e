import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usableMemory } from './usable-memory.js';

const GIB = 2 ** 30;
const desktop = { deviceMemoryGib: 8, isMobile: false, residentBytes: 0 };

describe('usableMemory', () => {
  it('is half of what the browser tells of', () => {
    expect(usableMemory(desktop)).toEqual({
      totalBytes: 8 * GIB,
      usableBytes: 4 * GIB,
      basis: 'half of the 8 GiB the browser tells of',
    });
  });

  it('is at most 2 GiB on a phone', () => {
    const phone = { ...desktop, isMobile: true };
    expect(usableMemory(phone)).toMatchObject({ usableBytes: 2 * GIB, basis: '2 GiB, the most on a phone' });
    expect(usableMemory({ ...phone, deviceMemoryGib: 2 }).usableBytes).toBe(GIB);
  });

  it.each([undefined, 0, -1, NaN, Infinity])('is half of 4 GiB where the browser tells %s', (deviceMemoryGib) => {
    expect(usableMemory({ ...desktop, deviceMemoryGib })).toEqual({
      totalBytes: 4 * GIB,
      usableBytes: 2 * GIB,
      basis: 'half of 4 GiB: the browser tells of none',
    });
  });

  it('is what loaded models have left of it', () => {
    expect(usableMemory({ ...desktop, residentBytes: GIB }).usableBytes).toBe(3 * GIB);
    expect(usableMemory({ ...desktop, residentBytes: 9 * GIB }).usableBytes).toBe(0);
  });

  it('is never more than half', () => {
    const facts = fc.record({
      deviceMemoryGib: fc.option(fc.double({ min: 0.25, max: 64, noNaN: true }), { nil: undefined }),
      isMobile: fc.boolean(),
      residentBytes: fc.nat(),
    });
    fc.assert(
      fc.property(facts, (each) => {
        const { totalBytes, usableBytes } = usableMemory(each);
        expect(usableBytes).toBeGreaterThanOrEqual(0);
        expect(usableBytes).toBeLessThanOrEqual(totalBytes / 2);
      }),
    );
  });
});
