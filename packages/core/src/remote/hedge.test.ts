import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/index.js';
import { hedged } from './hedge.js';

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/** Calls that are answered, or refused, from outside. */
function scripted() {
  const calls: {
    readonly which: string;
    readonly signal: AbortSignal;
    answer(value: string): void;
    fail(error: Error): void;
  }[] = [];
  const call = (signal: AbortSignal, which: 'first' | 'second'): Promise<string> =>
    new Promise((answer, fail) => {
      calls.push({ which, signal, answer, fail });
      signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true });
    });
  return { calls, call };
}

function asked({ afterMs = 10, allow = () => true, signal }: Partial<Parameters<typeof hedged>[0]> = {}) {
  const clock = createFakeClock();
  const { calls, call } = scripted();
  const outcome = hedged({ call, afterMs, allow, clock, signal });
  outcome.catch(() => undefined);
  return { clock, calls, outcome };
}

describe('a hedged call', () => {
  it('is one call when the answer comes in time', async () => {
    const { calls, clock, outcome } = asked();
    calls[0]!.answer('a');
    expect(await outcome).toEqual({ value: 'a', calls: 1 });
    clock.advance(100);
    await settled();
    expect(calls).toHaveLength(1);
  });

  it('is made again when the answer is late, and the loser is cancelled for real', async () => {
    const { calls, clock, outcome } = asked();
    clock.advance(10);
    await settled();
    expect(calls.map(({ which }) => which)).toEqual(['first', 'second']);
    calls[1]!.answer('b');
    expect(await outcome).toEqual({ value: 'b', calls: 2 });
    expect(calls[0]!.signal.aborted).toBe(true);
  });

  it('takes the first answer when that one is faster after all', async () => {
    const { calls, clock, outcome } = asked();
    clock.advance(10);
    await settled();
    calls[0]!.answer('a');
    expect(await outcome).toEqual({ value: 'a', calls: 2 });
    expect(calls[1]!.signal.aborted).toBe(true);
  });

  it('is not made again when that is not allowed', async () => {
    const { calls, clock, outcome } = asked({ allow: () => false });
    clock.advance(10);
    await settled();
    expect(calls).toHaveLength(1);
    calls[0]!.answer('a');
    expect(await outcome).toEqual({ value: 'a', calls: 1 });
  });

  it('fails at once with what the only call fails with', async () => {
    const { calls, outcome } = asked();
    calls[0]!.fail(new Error('broken'));
    await expect(outcome).rejects.toThrow('broken');
  });

  it('waits for the other call when one of two fails', async () => {
    const { calls, clock, outcome } = asked();
    clock.advance(10);
    await settled();
    calls[0]!.fail(new Error('broken'));
    await settled();
    calls[1]!.answer('b');
    expect(await outcome).toEqual({ value: 'b', calls: 2 });
  });

  it('fails when both do', async () => {
    const { calls, clock, outcome } = asked();
    clock.advance(10);
    await settled();
    calls[0]!.fail(new Error('one'));
    calls[1]!.fail(new Error('two'));
    await expect(outcome).rejects.toThrow('two');
  });

  it.each([10, Infinity])('ends with the reason of its signal, asked again after %d ms', async (afterMs) => {
    const stop = new AbortController();
    const { calls, outcome } = asked({ signal: stop.signal, afterMs });
    stop.abort(new Error('enough'));
    await expect(outcome).rejects.toThrow('enough');
    expect(calls[0]!.signal.aborted).toBe(true);
  });
});
