import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { TokenizerMismatchError } from '@terrace/core/generate';
import type { TextEnd, TextJob, TextModel, TextPiece, TextSession } from '@terrace/core/generate';
import { DEFAULT_GENERATION, predictTextMemoryBytes } from '@terrace/core/generate';
import { describeTextEngineContract, tinyTextModel } from '@terrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeTextEngine } from './node-text-engine.js';

/** Threads cannot run sources: see shipped-model.ts. */
const workerUrl = new URL('../../../dist/bundle/text-worker.js', import.meta.url);
const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-text-engine-'));
const engine = createNodeTextEngine({ workerUrl });
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

function written(name: string, content: string | Uint8Array) {
  const location = path.join(folder, name);
  writeFileSync(location, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { location, bytes: Buffer.byteLength(content), sha256 };
}

function tinyModel(changes: Partial<TextModel> = {}): TextModel {
  const tiny = tinyTextModel();
  const weights = written('tiny.onnx', tiny.model);
  return {
    variantId: weights.sha256,
    modelId: 'tiny',
    provider: 'cpu',
    weights,
    tokenizer: written('tokenizer.json', JSON.stringify(tiny.tokenizer)),
    tokenizerConfig: written('tokenizer_config.json', JSON.stringify(tiny.tokenizerConfig)),
    shape: tiny.shape,
    layers: tiny.layers,
    vocabulary: tiny.vocabulary,
    contextTokens: tiny.contextTokens,
    kvBytes: 1 << 24,
    delta: undefined,
    ...changes,
  };
}

const job = (content: string, generation: Partial<TextJob['generation']> = {}): TextJob => ({
  messages: [{ role: 'user', content }],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: { ...DEFAULT_GENERATION, maxTokens: 24, ...generation },
  priority: 'normal',
});

async function read(stream: AsyncGenerator<readonly TextPiece[], TextEnd>): Promise<TextEnd & { tokens: number }> {
  let tokens = 0;
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { ...value, tokens };
    for (const { logProbs } of value) tokens += logProbs.length;
  }
}

describeTextEngineContract('the engine of Node', () => ({
  engine: createNodeTextEngine({ workerUrl }),
  model: tinyModel(),
}));

describe('text models in threads', () => {
  let session: TextSession;
  beforeAll(async () => {
    session = await engine.load(tinyModel());
  }, 30_000);

  it('write what is told of them, token by token', async () => {
    const { choices, usage, tokens } = await read(session.generate(job('hello')));
    expect(tokens).toBe(usage.outputTokens);
    expect(choices[0]).toMatchObject({ role: 'assistant', toolCalls: [] });
    expect(usage.inputTokens).toBe(await session.countTokens(job('hello')));
    expect(session.report).toMatchObject({ thread: 'worker', bytesRead: expect.any(Number) });
  });

  it('write the same beside others as alone', async () => {
    const texts = ['a', 'the other one', 'and another one that is longer than both of them'];
    const alone = [];
    for (const text of texts) alone.push((await read(session.generate(job(text)))).choices[0]!.text);
    const together = await Promise.all(
      texts.map(async (text) => (await read(session.generate(job(text)))).choices[0]!.text),
    );
    expect(together).toEqual(alone);
    expect(session.active()).toBe(0);
  });

  it('leave their place when nobody reads on, and go on for others', async () => {
    const control = new AbortController();
    const stream = session.generate(job('endless', { maxTokens: 200, logitBias: { 2: -100 } }), control.signal);
    await stream.next();
    control.abort(new Error('enough'));
    await expect(read(stream)).rejects.toThrow('enough');
    expect((await read(session.generate(job('next')))).usage.outputTokens).toBeGreaterThan(0);
  });

  it('give logits that are as wide as they should be', async () => {
    const logits = await session.logits('the');
    expect(logits).toHaveLength(tinyTextModel().vocabulary);
    expect(logits.every(Number.isFinite)).toBe(true);
  });

  it('end with their thread, and another load brings another', async () => {
    const other = await engine.load(tinyModel());
    await other.release();
    expect(other.alive).toBe(false);
    await expect(read(other.generate(job('hello')))).rejects.toThrow('released');
    await expect(other.countTokens(job('hello'))).rejects.toThrow('released');
  });

  it('are refused with the tokenizer of a larger vocabulary', async () => {
    const tiny = tinyTextModel();
    const tokenizer = structuredClone(tiny.tokenizer) as { model: { vocab: Record<string, number> } };
    for (let i = 0; i < 50; i++) tokenizer.model.vocab[`more${i}`] = tiny.vocabulary + i;
    const loading = engine.load(tinyModel({ tokenizer: written('other.json', JSON.stringify(tokenizer)) }));
    await expect(loading).rejects.toMatchObject({ code: TokenizerMismatchError.code });
  });

  it('tell no less memory than predicted where it cannot be seen: the first one, and those after one that went', async () => {
    const own = createNodeTextEngine({ workerUrl });
    const model = tinyModel();
    const least = predictTextMemoryBytes(model.weights.bytes, 'node');
    for (let load = 0; load < 2; load++) {
      const loaded = await own.load(model);
      expect(loaded.report.peakMemoryBytes).toBeGreaterThanOrEqual(least);
      await loaded.release();
    }
    await own.close();
  });

  it('are refused with a tokenizer whose hash is another', async () => {
    const model = tinyModel();
    const tokenizer = { ...model.tokenizer, sha256: model.weights.sha256 };
    await expect(engine.load({ ...model, tokenizer })).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  });

  it('are not waited for once nobody wants them', async () => {
    const control = new AbortController();
    const loading = engine.load(tinyModel(), { signal: control.signal });
    control.abort(new Error('never mind'));
    await expect(loading).rejects.toThrow('never mind');
  });
});
