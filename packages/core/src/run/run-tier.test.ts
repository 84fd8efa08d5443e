import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { EngineInput } from '../ports/model-engine.js';
import { parseRequest } from '../request/parse-request.js';
import { exampleTier } from '../testing/example-rungs.js';
import { runTier } from './run-tier.js';
import type { Scheduler } from './scheduler.js';

const tier = exampleTier('nano');
const request = parseRequest({ text: 'freeze my card', domain: 'bank' });
const load = { provider: 'cpu', expectedRunMs: 1 };
const report = { loadMs: 1, bytesRead: 1, peakMemoryBytes: 1, warmRunMs: 1, thread: 'inline' } as const;
const counts = { tokens: 5, textTokens: 9, unknownTokens: 1, runMs: 0.3 };

function schedulerGiving(values: readonly number[], seen: EngineInput[]): Scheduler {
  return {
    waiting: () => 0,
    isIdle: () => true,
    close: async () => undefined,
    async run({ input }) {
      seen.push(input);
      return { output: { values: Float32Array.from(values), ...counts }, report, waitedMs: 2, warm: true, batch: 3 };
    },
  };
}

const ask = (values: readonly number[], task = request.task, seen: EngineInput[] = []) =>
  runTier({ scheduler: schedulerGiving(values, seen), tier, request: { ...request, task }, load });

describe('runTier', () => {
  it('turns scores into a distribution over the labels of the delta', async () => {
    const seen: EngineInput[] = [];
    const { testimony, ...run } = await ask([3, 1, 0, 0, 0], 'text-classification', seen);
    expect(testimony).toMatchObject({ tier, ...counts });
    expect(run).toEqual({ report, waitedMs: 2, warm: true, batch: 3 });
    expect(testimony.answer).toMatchObject({ kind: 'scores', labels: tier.delta!.labels });
    const logProbs = testimony.answer.kind === 'scores' ? testimony.answer.logProbs : [];
    expect(Array.from(logProbs, Math.exp).reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(seen).toEqual([{ task: 'text-classification', text: 'freeze my card', deltaId: tier.delta!.contentId }]);
  });

  it('hands an embedding on as it is', async () => {
    const { answer } = (await ask([0.6, 0.8], 'feature-extraction')).testimony;
    expect(answer).toEqual({ kind: 'embedding', vector: Float32Array.of(0.6, 0.8) });
  });

  it.each([
    ['NaN', [1, Number.NaN, 0, 0, 0]],
    ['infinite', [1, Infinity, 0, 0, 0]],
    ['infinite', [1, -Infinity, 0, 0, 0]],
    ['4 scores for 5 labels', [1, 2, 3, 4]],
    ['6 scores for 5 labels', [1, 2, 3, 4, 5, 6]],
    ['0 scores for 5 labels', []],
  ])('refuses an output with %s', async (why, values) => {
    const error: unknown = await ask(values).catch((caught: unknown) => caught);
    expect(EngineError.isInstance(error)).toBe(true);
    expect((error as EngineError).message).toContain(why);
    expect((error as EngineError).facts).toEqual({ tier: 'nano', dtype: 'int8' });
  });

  it('refuses an embedding with NaN', async () => {
    await expect(ask([Number.NaN, 1], 'feature-extraction')).rejects.toThrow(EngineError);
  });
});
