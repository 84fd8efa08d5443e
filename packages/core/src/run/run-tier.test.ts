import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { EngineInput, EngineSession } from '../ports/model-engine.js';
import { parseRequest } from '../request/parse-request.js';
import { exampleTier } from '../testing/example-rungs.js';
import { runTier } from './run-tier.js';

const tier = exampleTier('nano');
const request = parseRequest({ text: 'freeze my card', domain: 'bank' });
const counts = { tokens: 5, textTokens: 9, unknownTokens: 1, runMs: 0.3 };

function sessionGiving(values: readonly number[], seen: EngineInput[] = []): EngineSession {
  return {
    report: { loadMs: 1, bytesRead: 1, peakMemoryBytes: 1, warmRunMs: 1, thread: 'inline' },
    attach: async () => undefined,
    async run(input) {
      seen.push(input);
      return { values: Float32Array.from(values), ...counts };
    },
    release: async () => undefined,
  };
}
const ask = (values: readonly number[], task = request.task, seen?: EngineInput[]) =>
  runTier({ session: sessionGiving(values, seen), tier, request: { ...request, task }, signal: undefined });

describe('runTier', () => {
  it('turns scores into a distribution over the labels of the delta', async () => {
    const seen: EngineInput[] = [];
    const testimony = await ask([3, 1, 0, 0, 0], 'text-classification', seen);
    expect(testimony).toMatchObject({ tier, ...counts });
    expect(testimony.answer).toMatchObject({ kind: 'scores', labels: tier.delta!.labels });
    const logProbs = testimony.answer.kind === 'scores' ? testimony.answer.logProbs : [];
    expect(Array.from(logProbs, Math.exp).reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(seen).toEqual([{ task: 'text-classification', text: 'freeze my card', deltaId: tier.delta!.contentId }]);
  });

  it('hands an embedding on as it is', async () => {
    const { answer } = await ask([0.6, 0.8], 'feature-extraction');
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
