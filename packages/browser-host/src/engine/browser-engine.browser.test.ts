import type { EngineInput } from '@terrace/core';
import { describeModelEngineContract } from '@terrace/core/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBrowserEngine, type BrowserEngine } from './browser-engine.js';
import { changedWorker } from './testing/changed-worker.js';
import { BUILT_FILES, goldenOf, shippedModel } from './testing/shipped-model.js';

// The browser keeps compiled WebAssembly as long as anybody has it: every test has an engine of its own.
const keeper = createBrowserEngine({ files: BUILT_FILES });
beforeAll(() => keeper.warm('wasm'));
afterAll(() => keeper.close());

describeModelEngineContract('the browser engine with nano on WebAssembly', async () => ({
  engine: createBrowserEngine({ files: BUILT_FILES }),
  ...(await shippedModel('nano', 'q4', 'wasm')),
}));

describeModelEngineContract('the browser engine with small int8 on WebAssembly', async () => ({
  engine: createBrowserEngine({ files: BUILT_FILES }),
  ...(await shippedModel('small', 'int8', 'wasm')),
}));

const embed = (text: string): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });

function open(engineWorker = BUILT_FILES.engineWorker): BrowserEngine {
  const engine = createBrowserEngine({ files: { ...BUILT_FILES, engineWorker } });
  onTestFinished(() => engine.close());
  return engine;
}

describe('the browser engine', () => {
  it('reports the bytes it read, and the memory of its worker beside the file', async () => {
    const { model } = await shippedModel('base', 'int8', 'wasm');
    const engine = open();
    const { report, heldBytes } = await engine.load(model);
    const { weights, tokenizer, tokenizerConfig } = model;
    expect(report).toMatchObject({
      thread: 'worker',
      bytesRead: weights.bytes + tokenizer.bytes + tokenizerConfig!.bytes,
    });
    expect(heldBytes).toBeGreaterThan(2 * weights.bytes);
    expect(report.peakMemoryBytes).toBe(heldBytes! + weights.bytes);
    expect(engine.residentBytes()).toBe(heldBytes);
    expect(report.warmRunMs).toBeLessThan(report.loadMs);
  });

  it('tells how a heap grows with long texts, and forgets it with its worker', async () => {
    const engine = open();
    const session = await engine.load((await shippedModel('small', 'int8', 'wasm')).model);
    const before = session.heldBytes!;
    await session.runBatch(Array.from({ length: 8 }, () => embed('account '.repeat(300))));
    expect(session.heldBytes).toBeGreaterThan(1.2 * before);
    expect(engine.residentBytes()).toBe(session.heldBytes);
    await session.release();
    expect(engine.residentBytes()).toBe(0);
  });

  it('leaves deltas out of what its heap takes, as whoever attaches them counts them', async () => {
    const { model, delta, head } = await shippedModel('small', 'int8', 'wasm');
    const session = await open().load(model);
    await session.run(embed('hello'));
    const before = session.heldBytes!;
    await session.attach(delta);
    await session.run(embed('hello'));
    // What the file took while it was read has room for it: the heap has not grown.
    const bytes = before - session.heldBytes!;
    expect(bytes).toBeGreaterThanOrEqual([...head.values()].reduce((sum, { data }) => sum + data.byteLength, 0));
    await session.detach(delta.deltaId);
    await session.run(embed('hello'));
    expect(session.heldBytes).toBe(before);
  });

  it('cuts a text at the context of the model and tells how long it was', async () => {
    const session = await open().load((await shippedModel('nano', 'q4', 'wasm')).model);
    const { tokens, textTokens } = await session.run(embed('account '.repeat(1000)));
    expect({ tokens, textTokens }).toEqual({ tokens: 512, textTokens: 1002 });
  });

  it('loads into the worker that was started ahead, and into another one after it', async () => {
    const started: string[] = [];
    const worker = changedWorker("channel.postMessage('started');");
    worker.channel.addEventListener('message', ({ data }: MessageEvent<string>) => started.push(data));
    const engine = open(worker.url);
    for (let i = 0; i < 3; i++) engine.warm('wasm');
    await expect.poll(() => started.length).toBe(1);
    const { model } = await shippedModel('small', 'int8', 'wasm');
    await engine.load(model);
    expect(started).toHaveLength(1);
    await engine.load(model);
    await expect.poll(() => started.length).toBe(2);
  });

  it('answers with a static encoder without a byte of ONNX Runtime', async () => {
    const asked: string[] = [];
    const observer = new PerformanceObserver((list) => asked.push(...list.getEntries().map(({ name }) => name)));
    observer.observe({ type: 'resource' });
    const session = await open().load((await shippedModel('nano', 'q4', 'wasm')).model);
    await session.run(embed('hello'));
    observer.disconnect();
    expect(asked.filter((url) => /ort-wasm|wasm-runtime/.test(url))).toEqual([]);
    expect(session.report.thread).toBe('worker');
  });

  it('gives a graph without layers that it does not know to ONNX Runtime', async () => {
    const { model } = await shippedModel('small', 'int8', 'wasm');
    const engine = open();
    // It has layers all the same: what refuses to run it without their factors is the runtime.
    await expect(engine.load({ ...model, graph: { ...model.graph, layers: 0 } })).rejects.toThrow(
      'small failed while running with wasm.',
    );
  });

  it('measures WebAssembly in a worker that ends with it', async () => {
    const engine = open();
    const timings = await engine.measure('wasm');
    expect(Object.keys(timings).toSorted()).toEqual(['call', 'fp32', 'int8', 'q4', 'stream']);
    for (const ms of Object.values(timings)) expect(ms).toBeGreaterThan(0);
    expect(engine.residentBytes()).toBe(0);
    await expect(engine.measure('wasm', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  // As models/README.md has it of each: activations of the int8 variants are quantised over a whole tensor.
  it.each([
    ['nano', 'q4', 0.999],
    ['small', 'int8', 0.99],
    ['base', 'int8', 0.98],
  ])('has the golden embeddings of %s %s', async (id, dtype, least) => {
    const session = await open().load((await shippedModel(id, dtype, 'wasm')).model);
    const { texts, tokenIds, embeddings } = await goldenOf(id);
    const cosines: number[] = [];
    for (const [i, text] of texts.entries()) {
      const { values, tokens } = await session.run(embed(text));
      expect(tokens).toBe(tokenIds[i]!.length);
      cosines.push(values.reduce((sum, value, at) => sum + value * embeddings[id]![i]![at]!, 0));
    }
    expect(cosines.length).toBeGreaterThan(10);
    expect(Math.min(...cosines)).toBeGreaterThan(least);
  });
});
