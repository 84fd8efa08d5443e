import { InvalidRequestError, RuntimeClosedError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { createWorkerCalls } from './worker-calls.js';

function started() {
  const happened: string[] = [];
  let finish: () => void = () => undefined;
  const worker = {
    answer: async () => 'answer',
    never: () => new Promise<string>(() => undefined),
    refuse: () => Promise.reject(new Error('refused')),
    send: async (data: unknown) => structuredClone(data),
    close: () => new Promise<void>((resolve) => (finish = resolve)),
  };
  return { ...createWorkerCalls(worker, () => happened.push('ended')), happened, finish: () => finish() };
}

describe('calls to a worker', () => {
  it('have its outcome', async () => {
    const { ask } = started();
    expect(await ask((worker) => worker.answer())).toBe('answer');
    await expect(ask((worker) => worker.refuse())).rejects.toThrow('refused');
  });

  it('that are under way or come later are told that it was closed, which happens once', async () => {
    const { ask, close, happened, finish } = started();
    const underWay = ask((worker) => worker.never());
    const closes = [close((worker) => worker.close()), close((worker) => worker.close())];
    await expect(ask((worker) => worker.answer())).rejects.toThrow(RuntimeClosedError);
    expect(happened).toEqual([]);
    finish();
    await expect(underWay).rejects.toThrow(RuntimeClosedError);
    await Promise.all(closes);
    expect(happened).toEqual(['ended']);
  });

  it('that pass what is no data say so', async () => {
    const { ask } = started();
    const failure: unknown = await ask((worker) => worker.send({ text: () => 'x' })).catch((error: unknown) => error);
    expect(InvalidRequestError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({ hint: expect.stringContaining('no functions') });
  });
});
