import { readFileSync } from 'node:fs';
import path from 'node:path';
import { predictMemoryBytes, type EngineInput, type EngineSession } from '@terrace/core';
import { loadTokenizer } from '@terrace/core/engine';
import { describeModelEngineContract } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encoderHost } from './encoder-host.js';
import { createNodeEngine } from './node-engine.js';
import { BUILT_WORKER, shippedModel } from './testing/shipped-model.js';

const { TERRACE_MODELS } = process.env;
const engineOf = () => createNodeEngine({ workerUrl: BUILT_WORKER });
const embed = (text: string): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });

describeModelEngineContract('the Node engine with nano on the calling thread', async () => ({
  engine: engineOf(),
  ...(await shippedModel('nano', 'q4', 0)),
}));

describeModelEngineContract('the Node engine with small in a worker', async () => ({
  engine: engineOf(),
  ...(await shippedModel('small', 'int8', 2)),
}));

async function loaded(id: string, dtype: string, expectedRunMs: number): Promise<EngineSession> {
  const engine = engineOf();
  onTestFinished(() => engine.close());
  const { model, delta } = await shippedModel(id, dtype, expectedRunMs);
  const session = await engine.load(model);
  await session.attach(delta);
  return session;
}

describe('the Node engine', () => {
  it('puts a model that is expected to be slow into a worker', async () => {
    expect((await loaded('nano', 'q4', 50)).report.thread).toBe('worker');
  });

  it('moves a model to a worker that is slower than expected', async () => {
    const { report } = await loaded('base', 'int8', 0);
    expect(report.thread).toBe('worker');
  });

  it('gives the same scores inline and in a worker', async () => {
    const [inline, worker] = [await loaded('nano', 'q4', 0), await loaded('nano', 'q4', 50)];
    const { delta } = await shippedModel('nano', 'q4', 0);
    const input: EngineInput = { task: 'text-classification', text: 'freeze my account', deltaId: delta.deltaId };
    expect((await worker.run(input)).values).toEqual((await inline.run(input)).values);
  });

  it('reports the bytes it read', async () => {
    const { model } = await shippedModel('small', 'int8', 2);
    const { weights, tokenizer, tokenizerConfig } = model;
    const { report } = await loaded('small', 'int8', 2);
    expect(report.bytesRead).toBe(weights.bytes + tokenizer.bytes + tokenizerConfig!.bytes);
    expect(report.peakMemoryBytes).toBeGreaterThanOrEqual(weights.bytes);
    expect(report.warmRunMs).toBeLessThan(report.loadMs);
  });

  it('never tells less than predicted of a model that brings the runtime along', async () => {
    const { model } = await shippedModel('base', 'int8', 4);
    // Memory of which the load of a model takes what it wants, without a rise.
    Buffer.alloc(2 ** 28, 1);
    const { report } = await loaded('base', 'int8', 4);
    expect(report.peakMemoryBytes).toBeGreaterThanOrEqual(predictMemoryBytes(model.weights, 'node', 4));
  });

  it('cuts a text at the context of the model and tells how long it was', async () => {
    const session = await loaded('nano', 'q4', 0);
    const { tokens, textTokens } = await session.run(embed('account '.repeat(1000)));
    expect({ tokens, textTokens }).toEqual({ tokens: 512, textTokens: 1002 });
  });

  it('runs several models at once in threads of their own', async () => {
    const sessions = await Promise.all([
      loaded('small', 'int8', 2),
      loaded('base', 'int8', 4),
      loaded('nano', 'q4', 0),
    ]);
    const outputs = await Promise.all(sessions.map((session) => session.run(embed('freeze my account'))));
    expect(outputs.map(({ values }) => values.length)).toEqual([384, 384, 256]);
    for (const { values } of outputs) expect(Math.hypot(...values)).toBeCloseTo(1, 3);
  });
});

interface Golden {
  readonly texts: readonly string[];
  readonly tokenIds: readonly (readonly number[])[];
  readonly embeddings: Readonly<Record<string, readonly (readonly number[])[]>>;
}

describe.skipIf(!TERRACE_MODELS)('the golden outputs (needs TERRACE_MODELS)', () => {
  const golden = (): Golden =>
    JSON.parse(readFileSync(path.join(TERRACE_MODELS!, 'reference/golden.json'), 'utf8')) as Golden;

  it('have the token ids of this tokenizer', async () => {
    const { model } = await shippedModel('nano', 'q4', 0);
    const tokenize = await loadTokenizer(model, encoderHost);
    const { texts, tokenIds } = golden();
    expect(texts.map((text) => tokenize(text).ids)).toEqual(tokenIds);
  });

  // Per-tensor activation quantisation costs the int8 variants what models/README.md says.
  it.each([
    ['nano', 'q4', 0.999],
    ['small', 'int8', 0.994],
    ['base', 'int8', 0.984],
    ['base', 'q4', 0.999],
  ])('have the embeddings of %s %s', async (id, dtype, least) => {
    const session = await loaded(id, dtype, id === 'nano' ? 0 : 5);
    const { texts, embeddings } = golden();
    const cosines: number[] = [];
    for (const [i, text] of texts.entries()) {
      const { values } = await session.run(embed(text));
      cosines.push(cosine(values, embeddings[id]![i]!));
    }
    expect(cosines).toHaveLength(16);
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(least);
  });
});

function cosine(a: Float32Array, b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
