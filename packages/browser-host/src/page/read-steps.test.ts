import type { Result, Step } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { readSteps } from './read-steps.js';

const result = { kind: 'result', result: { requestId: 'r' } } as Step;
const answer = { kind: 'answer', tier: 'nano', confidence: 0.5 } as Step;

/** A worker that tells these steps, unless the call has ended before. */
function workerTelling(steps: readonly Step[]) {
  const signals: AbortSignal[] = [];
  const call = async (onStep: (step: Step) => void, signal: AbortSignal): Promise<Result> => {
    signals.push(signal);
    for (const step of steps) onStep(step);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  return { call, signals };
}

describe('the steps of a request', () => {
  it('come in order, the result last', async () => {
    const { call, signals } = workerTelling([answer, result]);
    const steps: Step[] = [];
    for await (const step of readSteps(call, undefined)) steps.push(step);
    expect(steps).toEqual([answer, result]);
    expect(signals[0]?.aborted).toBe(true);
  });

  it('are not asked for under a signal that has aborted already', async () => {
    const { call, signals } = workerTelling([answer, result]);
    const reason = new Error('left before');
    await expect(readSteps(call, AbortSignal.abort(reason)).next()).rejects.toBe(reason);
    expect(signals).toEqual([]);
  });

  it('end with the reason of the signal, also where the signal aborts before the first is asked for', async () => {
    const { call } = workerTelling([answer]);
    const [early, late] = [new AbortController(), new AbortController()];
    const begun = readSteps(call, late.signal);
    expect(await begun.next()).toMatchObject({ value: answer });
    const next = begun.next();
    late.abort(new Error('left'));
    await expect(next).rejects.toThrow('left');
    const unread = readSteps(call, early.signal);
    early.abort(new Error('never begun'));
    await expect(unread.next()).rejects.toThrow('never begun');
  });

  it('end the call when nobody reads them any more', async () => {
    const { call, signals } = workerTelling([answer, answer]);
    for await (const _ of readSteps(call, undefined)) break;
    expect(signals[0]?.aborted).toBe(true);
  });
});
