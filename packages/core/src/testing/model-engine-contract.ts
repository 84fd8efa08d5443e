import { describe, expect, it } from 'vitest';
import { OTHER_TEXT, prepareEngine, type MakeEngine } from './engine-under-test.js';
import { describeEngineFailures } from './model-engine-failures.js';
import { describeEngineFeatures } from './model-engine-features.js';

/**
 * What every ModelEngine does.
 * @param make a new engine for each test, with a model and a delta that it can load; the suite closes it
 */
export function describeModelEngineContract(
  name: string,
  make: MakeEngine,
  { timeoutMs = 20_000 }: { readonly timeoutMs?: number } = {},
): void {
  describe(`${name} keeps the ModelEngine contract`, { timeout: timeoutMs }, () => {
    const use = prepareEngine(make);

    it('reports what a load took, in positive numbers', async () => {
      const { loadMs, bytesRead, peakMemoryBytes, warmRunMs, thread } = (await use.engine.load(use.model)).report;
      for (const number of [loadMs, bytesRead, peakMemoryBytes, warmRunMs]) {
        expect(number).toBeGreaterThan(0);
        expect(number).toBeLessThan(Infinity);
      }
      expect(['inline', 'worker']).toContain(thread);
    });

    it('scores every label of the delta with finite numbers, and counts tokens', async () => {
      const { values, tokens, textTokens, unknownTokens, runMs } = await (await use.ready()).run(use.classify());
      expect(values).toBeInstanceOf(Float32Array);
      expect(values).toHaveLength(use.delta.labelCount);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(tokens).toBeGreaterThan(2);
      expect(textTokens).toBeGreaterThanOrEqual(tokens);
      expect(unknownTokens).toBeGreaterThanOrEqual(0);
      expect(unknownTokens).toBeLessThanOrEqual(tokens);
      expect(runMs).toBeGreaterThanOrEqual(0);
    });

    it('embeds a text as a vector of unit length without any delta', async () => {
      const { values } = await (await use.engine.load(use.model)).run(use.embed());
      expect(Math.hypot(...values)).toBeCloseTo(1, 3);
    });

    it('gives equal values for equal texts and others for others', async () => {
      const session = await use.ready();
      const first = await session.run(use.classify());
      const second = await session.run(use.classify());
      const other = await session.run(use.classify(OTHER_TEXT));
      expect(second.values).toEqual(first.values);
      expect(second.tokens).toBe(first.tokens);
      expect(other.values).not.toEqual(first.values);
    });

    it('answers concurrent runs as it answers them one by one', async () => {
      const session = await use.ready();
      const inputs = [use.classify(), use.embed(), use.classify(OTHER_TEXT), use.classify(), use.embed(OTHER_TEXT)];
      const alone: Float32Array[] = [];
      for (const input of inputs) alone.push((await session.run(input)).values);
      const together = await Promise.all(inputs.map((input) => session.run(input)));
      expect(together.map(({ values }) => values)).toEqual(alone);
    });

    it('hands out values that a caller may change without touching later ones', async () => {
      const session = await use.ready();
      const first = await session.run(use.classify());
      const before = first.values.slice();
      first.values.fill(0);
      expect((await session.run(use.classify())).values).toEqual(before);
    });

    it('answers a batch as it answers each alone, in order, but for small differences', async () => {
      const session = await use.ready();
      const texts = ['where is it', OTHER_TEXT, 'a much longer text that is about several things at once and goes on'];
      const inputs = [undefined, ...texts].map((text) => use.classify(text));
      const together = await session.runBatch(inputs);
      expect(together).toHaveLength(inputs.length);
      for (const [i, input] of inputs.entries()) {
        const alone = await session.run(input);
        const { values, ...counts } = together[i]!;
        const { runMs: _, ...expected } = { ...alone, values: undefined };
        expect({ ...counts, values: undefined }).toMatchObject(expected);
        expect(values.indexOf(Math.max(...values))).toBe(alone.values.indexOf(Math.max(...alone.values)));
        for (const [label, value] of values.entries()) expect(value).toBeCloseTo(alone.values[label]!, -0.5);
      }
      await expect(session.runBatch([use.embed()])).resolves.toHaveLength(1);
    });

    it('forgets a delta that is detached, and takes it again', async () => {
      const session = await use.ready();
      const before = (await session.run(use.classify())).values;
      await session.detach(use.delta.deltaId);
      await expect(session.run(use.classify())).rejects.toThrow();
      await session.detach(use.delta.deltaId);
      await session.attach(use.delta);
      expect((await session.run(use.classify())).values).toEqual(before);
    });

    it('tells how much memory the process holds, where the host knows', async () => {
      await use.ready();
      expect(use.engine.residentBytes() ?? 1).toBeGreaterThanOrEqual(0);
      expect(use.engine.callerLoad()).toBeGreaterThanOrEqual(0);
      expect(use.engine.callerLoad()).toBeLessThanOrEqual(1);
    });

    it('takes the same delta twice', async () => {
      const session = await use.ready();
      const before = (await session.run(use.classify())).values;
      await session.attach(use.delta);
      expect((await session.run(use.classify())).values).toEqual(before);
    });
  });
  describeEngineFeatures(name, make, timeoutMs);
  describeEngineFailures(name, make, timeoutMs);
}
