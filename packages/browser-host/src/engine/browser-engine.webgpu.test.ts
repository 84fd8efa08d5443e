import { EngineError, type EngineInput, type EngineSession } from '@terrace/core';
import { describeModelEngineContract } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBrowserEngine, type BrowserEngine } from './browser-engine.js';
import { BUILT_FILES, shippedModel } from './testing/shipped-model.js';
import { watchedWorker } from './testing/watched-worker.js';

const engineOf = (engineWorker = BUILT_FILES.engineWorker): BrowserEngine =>
  createBrowserEngine({ files: { ...BUILT_FILES, engineWorker }, allowSoftwareGpu: true });
const embed = (text: string): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

function closedAfterwards(engine: BrowserEngine): BrowserEngine {
  onTestFinished(() => engine.close());
  return engine;
}

describeModelEngineContract(
  'the browser engine with nano on WebGPU',
  async () => ({ engine: engineOf(), ...(await shippedModel('nano', 'q4', 'webgpu')) }),
  { timeoutMs: 120_000 },
);

describe('the browser engine on WebGPU', () => {
  it('answers as WebAssembly does, with a delta of rank 8 and without any', async () => {
    const answers = async (provider: string, dtype: string): Promise<Float32Array[]> => {
      const session = await loaded(engineOf(), provider, dtype);
      const { delta } = await shippedModel('base', dtype, provider);
      await session.attach(delta);
      const text = 'freeze my account';
      const classify: EngineInput = { task: 'text-classification', text, deltaId: delta.deltaId };
      return [(await session.run(embed(text))).values, (await session.run(classify)).values];
    };
    const [[embedding, logits], [expected, expectedLogits]] = await Promise.all([
      answers('webgpu', 'q4'),
      answers('wasm', 'q4'),
    ]);
    expect(embedding!.reduce((sum, value, i) => sum + value * expected![i]!, 0)).toBeGreaterThan(0.998);
    expect(best(logits!)).toBe(best(expectedLogits!));
  });

  it('refuses an adapter that computes on the processor unless it is asked for, and downloads nothing for it', async () => {
    const engine = closedAfterwards(createBrowserEngine({ files: BUILT_FILES }));
    performance.clearResourceTimings();
    const error = await reasonOf(engine.load((await shippedModel('nano', 'q4', 'webgpu')).model));
    expect(EngineError.isInstance(error)).toBe(true);
    expect((error as EngineError).message).toContain('computes on the processor');
    const asked = performance.getEntriesByType('resource').map(({ name }) => name);
    expect(asked.filter((name) => name.endsWith('.wasm'))).toEqual([]);
    const { model } = await shippedModel('nano', 'q4', 'wasm');
    await expect(engine.load(model)).resolves.toBeDefined();
  });

  it('FIELD-BUGS 6: creates, releases and creates again', async () => {
    const engine = closedAfterwards(engineOf());
    const { model } = await shippedModel('nano', 'q4', 'webgpu');
    const values: Float32Array[] = [];
    for (let i = 0; i < 3; i++) {
      const session = await engine.load(model);
      values.push((await session.run(embed('freeze my account'))).values);
      await session.release();
    }
    expect(values[1]).toEqual(values[0]);
    expect(values[2]).toEqual(values[0]);
  });

  it('FIELD-BUGS 7: GPU memory stays flat over repeated runs', async () => {
    const worker = watchedWorker();
    const session = await loaded(engineOf(worker.url), 'webgpu', 'q4', 'nano');
    const texts = ['freeze my account', 'move ten pounds', 'where is my parcel and when will it arrive'];
    const round = async (): Promise<number> => {
      for (const text of texts) await session.run(embed(text));
      return worker.bufferBytes();
    };
    const after = [await round(), await round()];
    for (let i = 0; i < 8; i++) after.push(await round());
    expect(after[0]).toBeGreaterThan(1e6);
    expect(new Set(after.slice(1)).size).toBe(1);
  });

  it('rejects the calls under way when its device is lost, is not alive, and is loaded anew', async () => {
    const worker = watchedWorker();
    const engine = closedAfterwards(engineOf(worker.url));
    const { model } = await shippedModel('nano', 'q4', 'webgpu');
    const session = await engine.load(model);
    const before = (await session.run(embed('freeze my account'))).values;
    const calls = ['one', 'two', 'three'].map((text) => reasonOf(session.run(embed(text))));
    worker.destroyDevice();
    const errors = await Promise.all([...calls, reasonOf(session.run(embed('four')))]);
    const lost = errors.filter((error) => EngineError.isInstance(error));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost[0]!.message).toContain('the GPU device is lost');
    expect(session.alive).toBe(false);
    expect(engine.residentBytes()).toBe(0);
    const again = await engine.load(model);
    expect((await again.run(embed('freeze my account'))).values).toEqual(before);
  });
});

async function loaded(engine: BrowserEngine, provider: string, dtype: string, id = 'base'): Promise<EngineSession> {
  closedAfterwards(engine);
  return engine.load((await shippedModel(id, dtype, provider)).model);
}

const best = (values: Float32Array): number => values.indexOf(Math.max(...values));
