import { describe, expect, it } from 'vitest';
import type { StoredTensor } from '../delta/safetensors.js';
import { EngineError } from '../errors/engine-error.js';
import { OTHER_TEXT, prepareEngine, type MakeEngine } from './engine-under-test.js';

const TEXTS = ['how do i freeze my account', OTHER_TEXT, 'where is it', 'a longer text, which is about more than that'];

/** The part of the engine contract about what heads are fitted on. */
export function describeEngineFeatures(name: string, make: MakeEngine, timeoutMs: number): void {
  describe(`${name} keeps the ModelEngine contract of features`, { timeout: timeoutMs }, () => {
    const use = prepareEngine(make);

    it('gives a row of finite features a text, in order, with and without a delta', async () => {
      const session = await use.ready();
      const width = use.model.graph.features;
      for (const deltaId of [use.delta.deltaId, undefined]) {
        const together = await session.features(TEXTS, deltaId);
        expect(together).toHaveLength(TEXTS.length * width);
        expect(together.every(Number.isFinite)).toBe(true);
        for (const [i, text] of TEXTS.entries()) {
          const alone = await session.features([text], deltaId);
          for (const [j, value] of alone.entries()) expect(value).toBeCloseTo(together[i * width + j]!, 4);
        }
      }
    });

    it('gives no row for no text', async () => {
      expect(await (await use.ready()).features([])).toEqual(new Float32Array());
    });

    it('gives features that multiplied with the head are the logits of a run', async () => {
      const session = await use.ready();
      if (!use.head) return;
      const width = use.model.graph.features;
      const features = await session.features(TEXTS, use.delta.deltaId);
      for (const [i, text] of TEXTS.entries()) {
        const { values } = await session.run(use.classify(text));
        const expected = logitsOf(features.subarray(i * width, (i + 1) * width), use.head);
        const largest = Math.max(...values.map(Math.abs));
        for (const [label, value] of values.entries()) {
          expect(Math.abs(value - expected[label]!)).toBeLessThan(1e-3 * largest);
        }
      }
    });

    it('refuses a delta that is not attached with an EngineError', async () => {
      const session = await use.ready();
      await session.detach(use.delta.deltaId);
      const refusal = await session.features(TEXTS, use.delta.deltaId).catch((error: unknown) => error);
      expect(EngineError.isInstance(refusal)).toBe(true);
    });

    it('refuses after release with an EngineError', async () => {
      const session = await use.ready();
      await session.release();
      const refusal = await session.features(TEXTS).catch((error: unknown) => error);
      expect(EngineError.isInstance(refusal)).toBe(true);
    });
  });
}

function logitsOf(features: Float32Array, head: ReadonlyMap<string, StoredTensor>): number[] {
  const weight = head.get('head.weight')!.data;
  const bias = head.get('head.bias')!.data;
  return Array.from(bias, (start, label) =>
    features.reduce((sum, value, i) => sum + value * weight[label * features.length + i]!, start),
  );
}
