import { describe, expect, it } from 'vitest';
import { BudgetExhaustedError } from '../../errors/budget-exhausted-error.js';
import type { Budget, Meter } from '../../ports/budget.js';
import { payStream } from './pay-stream.js';

const ask = {
  requestId: 'r',
  scope: { tier: 'site' },
  atMost: { usd: 1, bytes: 10, joules: 0 },
  optional: false,
};

function budget() {
  const log: string[] = [];
  const pay: Budget['pay'] = async (_, run) => {
    log.push('reserved');
    try {
      return await run({ add: (part) => void log.push(`${part.usd}`), covers: () => true });
    } finally {
      log.push('settled');
    }
  };
  return { log, pay };
}

async function* counted(meter: Meter): AsyncGenerator<number, string> {
  for (let i = 1; i <= 3; i++) {
    meter.add({ usd: i });
    yield i;
  }
  return 'end';
}

describe('a stream that is paid for', () => {
  it('is reserved before its first value and settled after its last', async () => {
    const { log, pay } = budget();
    const stream = payStream({ pay }, ask, counted);
    expect(log).toEqual([]);
    const values: unknown[] = [];
    for (let next = await stream.next(); ; next = await stream.next()) {
      values.push(next.value);
      if (next.done) break;
    }
    expect(values).toEqual([1, 2, 3, 'end']);
    expect(log).toEqual(['reserved', '1', '2', '3', 'settled']);
  });

  it('is settled when its reader leaves, and when it breaks', async () => {
    const left = budget();
    for await (const _ of payStream(left, ask, counted)) break;
    expect(left.log).toEqual(['reserved', '1', 'settled']);
    const broken = budget();
    const stream = payStream(broken, ask, async function* (): AsyncGenerator<never> {
      yield await Promise.reject<never>(new Error('broken'));
    });
    await expect(stream.next()).rejects.toThrow('broken');
    expect(broken.log).toEqual(['reserved', 'settled']);
  });

  it('is not begun where nothing is left', async () => {
    const spent = new BudgetExhaustedError({ message: 'spent', hint: 'wait' });
    let isBegun = false;
    const stream = payStream({ pay: () => Promise.reject(spent) }, ask, async function* () {
      isBegun = true;
      yield 1;
    });
    await expect(stream.next()).rejects.toBe(spent);
    expect(isBegun).toBe(false);
  });
});
