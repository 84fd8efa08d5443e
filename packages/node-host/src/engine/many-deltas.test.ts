import { createHash } from 'node:crypto';
import type { EngineDelta, EngineInput, EngineSession } from '@terrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeEngine } from './node-engine.js';
import { BUILT_WORKER, shippedModel, type ShippedModel } from './testing/shipped-model.js';

const TEXT = 'how do i freeze my account';
const classify = ({ deltaId }: EngineDelta, text = TEXT): EngineInput => ({
  task: 'text-classification',
  text,
  deltaId,
});
const EMBED: EngineInput = { task: 'feature-extraction', text: TEXT, deltaId: undefined };

async function open({ model }: ShippedModel): Promise<EngineSession> {
  const engine = createNodeEngine({ workerUrl: BUILT_WORKER });
  onTestFinished(() => engine.close());
  return engine.load(model);
}

/** The same files under another id. */
const copyOf = (delta: EngineDelta, name: string): EngineDelta => ({
  ...delta,
  deltaId: createHash('sha256').update(name).digest('hex'),
});

describe('deltas that share a loaded base', () => {
  it.each([
    ['nano', 'q4', 0],
    ['small', 'int8', 2],
  ] as const)('leave no trace in %s: what is detached was never there', async (id, dtype, expectedRunMs) => {
    const clinic = await shippedModel(id, dtype, expectedRunMs);
    const { delta: bank } = await shippedModel(id, dtype, expectedRunMs, 'banking77');
    const session = await open(clinic);
    const plain = (await session.run(EMBED)).values;
    await session.attach(clinic.delta);
    const alone = (await session.run(classify(clinic.delta))).values;
    await session.attach(bank);
    expect((await session.run(classify(bank))).values).toHaveLength(bank.labelCount);
    expect((await session.run(classify(clinic.delta))).values).toEqual(alone);
    await session.detach(bank.deltaId);
    expect((await session.run(classify(clinic.delta))).values).toEqual(alone);
    await session.detach(clinic.delta.deltaId);
    expect((await session.run(EMBED)).values).toEqual(plain);
  });

  it('answer with the one that was asked for while others come and go', async () => {
    const clinic = await shippedModel('small', 'int8', 2);
    const { delta: bank } = await shippedModel('small', 'int8', 2, 'banking77');
    const session = await open(clinic);
    const deltas = [clinic.delta, bank];
    for (const delta of deltas) await session.attach(delta);
    const alone = await Promise.all(deltas.map(async (delta) => (await session.run(classify(delta))).values));
    const swapped = copyOf(bank, 'swapped');
    const answers: Promise<Float32Array>[] = [];
    const swaps: Promise<void>[] = [];
    for (let i = 0; i < 200; i++) {
      answers.push(session.run(classify(deltas[i % 2]!)).then(({ values }) => values));
      if (i % 10 === 0) swaps.push(i % 20 === 0 ? session.attach(swapped) : session.detach(swapped.deltaId));
    }
    await Promise.all(swaps);
    for (const [i, values] of (await Promise.all(answers)).entries()) expect(values).toEqual(alone[i % 2]);
  });

  it('take the memory of their own inputs and not that of the base', async () => {
    const { gc } = globalThis;
    const base = await shippedModel('base', 'int8', 4);
    const session = await open(base);
    const { layers, hidden, features } = base.model.graph;
    const inputBytes = 4 * (2 * layers * 4 * hidden * base.delta.rank + base.delta.labelCount * (features + 1));
    const attachMany = async (from: number, count: number): Promise<void> => {
      for (let i = from; i < from + count; i++) {
        const delta = copyOf(base.delta, `${i}`);
        await session.attach(delta);
        await session.run(classify(delta));
      }
    };
    // What the first ones leave behind for the heap to use again is there once.
    await attachMany(0, 30);
    gc?.();
    const before = process.memoryUsage.rss();
    await attachMany(30, 50);
    gc?.();
    const grown = process.memoryUsage.rss() - before;
    expect(grown).toBeLessThan(1.5 * 50 * inputBytes);
  });
});
