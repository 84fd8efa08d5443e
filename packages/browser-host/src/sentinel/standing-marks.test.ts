import { createFakeClock } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import type { Mark } from './mark.js';
import { createStandingMarks } from './standing-marks.js';

const mark = (modelId: string): Mark => ({ variantId: modelId, modelId, provider: 'wasm', phase: 'run', bytes: 1 });
const nano = mark('nano');
const base = mark('base');

function setUp() {
  const clock = createFakeClock();
  const written: string[] = [];
  let writeMs = 0;
  const during = createStandingMarks(clock, (standing) => {
    clock.advance(writeMs);
    written.push(standing.map(({ modelId }) => modelId).join('+'));
  });
  /** Begins work. @returns what ends it */
  const begin = (of: Mark): (() => Promise<void>) => {
    let end = (): void => undefined;
    const done = during(of, () => new Promise<void>((resolve) => (end = resolve)));
    return async () => {
      end();
      await done;
    };
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise((resolve) => void setTimeout(resolve, 0));
  };
  const slowDown = (toMs: number): void => void (writeMs = toMs);
  return { clock, during, written, begin, pass, slowDown };
}

describe('marks', () => {
  it('stand as soon as work begins, and until nothing has happened for a second', async () => {
    const { written, begin, pass } = setUp();
    const end = begin(base);
    expect(written).toEqual(['base']);
    await pass(10_000);
    await end();
    await pass(999);
    expect(written).toEqual(['base']);
    await pass(1);
    expect(written).toEqual(['base', '']);
  });

  it('are written once for runs that follow each other, and anew for one after a rest', async () => {
    const { written, begin, pass } = setUp();
    for (let i = 0; i < 1000; i++) {
      await begin(nano)();
      await pass(10);
    }
    expect(written).toEqual(['nano']);
    await pass(1000);
    await pass(1000);
    await begin(nano)();
    expect(written).toEqual(['nano', '', 'nano']);
  });

  it('name what goes on, and what is over no longer than until something else begins', async () => {
    const { written, begin } = setUp();
    await begin(nano)();
    const endBase = begin(base);
    expect(written).toEqual(['nano', 'base']);
    const endNano = begin(nano);
    expect(written.at(-1)).toBe('base+nano');
    const endOther = begin(base);
    await endBase();
    expect(written.at(-1)).toBe('nano+base');
    await endNano();
    expect(written.at(-1)).toBe('base');
    await endOther();
    expect(written).toHaveLength(5);
  });

  it('end with work that fails, and pass its failure on', async () => {
    const { during, written, pass } = setUp();
    const failure = new Error('no memory');
    await expect(during(base, () => Promise.reject(failure))).rejects.toBe(failure);
    await pass(1000);
    expect(written).toEqual(['base', '']);
  });

  it('linger where writing takes long, so that few runs have to wait for it', async () => {
    const { written, begin, pass, slowDown } = setUp();
    slowDown(2);
    await begin(nano)();
    await pass(30_000);
    await begin(nano)();
    expect(written).toEqual(['nano']);
    await pass(40_000);
    await pass(40_000);
    expect(written).toEqual(['nano', '']);
  });

  it('linger for a minute at most, however long a write was held up once', async () => {
    const { written, begin, pass, slowDown } = setUp();
    slowDown(500);
    await begin(nano)();
    await pass(59_999);
    expect(written).toEqual(['nano']);
    await pass(1);
    expect(written).toEqual(['nano', '']);
  });

  it('linger no longer after a load, which waits for the disk', async () => {
    const { written, begin, pass, slowDown } = setUp();
    slowDown(50);
    await begin({ ...base, phase: 'load' })();
    await pass(1000);
    expect(written).toEqual(['base', '']);
  });

  it('leave one sleeper behind at most, however much goes on', async () => {
    const { clock, begin } = setUp();
    for (let i = 0; i < 100; i++) await begin(i % 2 === 0 ? nano : base)();
    expect(clock.sleepers()).toBe(1);
  });
});
