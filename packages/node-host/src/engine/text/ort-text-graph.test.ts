import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactCorruptError, EngineError, type LocatedFile } from '@terrace/core';
import type { TextGraph, TextModel } from '@terrace/core/generate';
import { InferenceSession, Tensor, type TypedTensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOrtTextGraph } from './ort-text-graph.js';
import { smollm2, TERRACE_TEXT_MODEL } from './testing/smollm2.js';

const LAYERS = 30;
const PROMPT = Int32Array.from({ length: 70 }, (_, at) => 500 + at * 37);
const scratch = mkdtempSync(path.join(os.tmpdir(), 'terrace-text-graph-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const argmax = (logits: Float32Array): number =>
  logits.reduce((best, each, at) => (each > logits[best]! ? at : best), 0);

/** Reads a prompt in chunks of at most so many tokens, then writes so many more; the logits of each. */
async function write(graph: TextGraph, prompt: Int32Array, tokens: number): Promise<Float32Array[]> {
  let caches = graph.empty();
  let logits = new Float32Array();
  for (let at = 0; at < prompt.length; at += graph.chunkTokens) {
    const ids = prompt.subarray(at, at + graph.chunkTokens);
    const isLast = at + ids.length === prompt.length;
    ({ caches, logits } = (await graph.run({
      ids,
      columns: ids.length,
      caches,
      keep: false,
      logits: isLast ? 'last' : 'none',
    })) as { caches: typeof caches; logits: Float32Array<ArrayBuffer> });
  }
  const all = [logits.slice()];
  while (all.length < tokens) {
    const step = await graph.run({
      ids: Int32Array.of(argmax(all.at(-1)!)),
      columns: 1,
      caches,
      keep: false,
      logits: 'last',
    });
    caches = step.caches;
    all.push(step.logits.slice());
  }
  caches.release();
  return all;
}

/** The same by the runtime alone, whose caches are always as long as what they hold. */
async function writeRaw(prompt: Int32Array, tokens: number): Promise<Float32Array[]> {
  const file = path.join(TERRACE_TEXT_MODEL!, 'onnx', 'model_q4.onnx');
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const names = Array.from({ length: LAYERS }, (_, i) => ['key', 'value'].map((part) => `${i}.${part}`)).flat();
  let past = Object.fromEntries(
    names.map((name) => [`past_key_values.${name}`, new Tensor('float32', new Float32Array(), [1, 3, 0, 64])]),
  );
  let ids = prompt;
  let length = 0;
  const all: Float32Array[] = [];
  while (all.length < tokens) {
    length += ids.length;
    const found = await session.run({
      ...past,
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
      attention_mask: new Tensor('int64', new BigInt64Array(length).fill(1n), [1, length]),
      num_logits_to_keep: new Tensor('int64', new BigInt64Array([1n]), []),
    });
    past = Object.fromEntries(
      names.map((name) => [`past_key_values.${name}`, found[`present.${name}`]! as TypedTensor<'float32'>]),
    );
    all.push(found['logits']!.data as Float32Array);
    ids = Int32Array.of(argmax(all.at(-1)!));
  }
  await session.release();
  return all;
}

it('refuses a delta that is not there rather than answer without it', async () => {
  const delta = { deltaId: 'some', kind: 'lora', rank: 8, scale: 1, adapter: smollm2('/none').weights } as const;
  await expect(openOrtTextGraph({ ...smollm2('/none'), delta })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
});

/** A run takes 15 ms by itself, and many times as long beside other tests. */
const PATIENT = { timeout: 60_000 };

describe.skipIf(!TERRACE_TEXT_MODEL)('the graph of SmolLM2 (needs TERRACE_TEXT_MODEL)', PATIENT, () => {
  let model: TextModel;
  let graph: TextGraph;
  beforeAll(async () => {
    model = smollm2();
    graph = await openOrtTextGraph(model);
  }, PATIENT.timeout);
  afterAll(() => graph.release());

  it('gives the logits of the plain loop, bit for bit, while its caches grow', async () => {
    const [ours, raw] = [await write(graph, PROMPT, 20), await writeRaw(PROMPT, 20)];
    expect(ours.map((logits, at) => logits.every((each, id) => each === raw[at]![id]))).toEqual(Array(20).fill(true));
  });

  it('decodes four rows of unequal length as each by itself', async () => {
    const prompts = [6, 31, 12, 50].map((tokens, row) => PROMPT.subarray(row, row + tokens));
    const alone = [];
    for (const prompt of prompts) alone.push(await write(graph, prompt, 6));
    const begun = [];
    for (const prompt of prompts) {
      const caches = graph.empty();
      begun.push(await graph.run({ ids: prompt, columns: prompt.length, caches, keep: false, logits: 'none' }));
    }
    let caches = graph.gather(
      begun.map((each) => ({ caches: each.caches, row: 0 })),
      false,
    );
    for (let step = 0; step < 5; step++) {
      const ids = Int32Array.from(alone, (all) => argmax(all[step]!));
      const found = await graph.run({ ids, columns: 1, caches, keep: false, logits: 'last' });
      caches = found.caches;
      alone.forEach((all, row) => {
        const own = found.logits.subarray(row * graph.vocabulary, (row + 1) * graph.vocabulary);
        expect(Math.max(...own.map((logit, id) => Math.abs(logit - all[step + 1]![id]!)))).toBeLessThan(1.5);
      });
    }
    expect(graph.maxRows).toBe(8);
    expect(caches.lengths).toEqual([11, 36, 17, 55]);
    caches.release();
  });

  it('keeps caches that are used again as they are', async () => {
    const ids = PROMPT.subarray(0, 10);
    const { caches } = await graph.run({ ids, columns: 10, caches: graph.empty(), keep: false, logits: 'none' });
    const next = { ids: Int32Array.of(7), columns: 1, caches, logits: 'last' } as const;
    const first = await graph.run({ ...next, keep: true });
    const kept = first.logits.slice();
    first.caches.release();
    expect(caches.lengths).toEqual([10]);
    const { logits } = await graph.run({ ...next, keep: false });
    expect(logits.every((each, id) => each === kept[id])).toBe(true);
  });

  it.each([
    ['heads', { kvHeads: 4 }, 'past_key_values.0.key has the shape'],
    ['a head', { headDim: 32 }, '3, past_sequence_length, 64'],
  ])('is refused where model.json is wrong about %s', async (_, shape, reason) => {
    const opened = openOrtTextGraph({ ...model, shape: { ...model.shape, ...shape } });
    await expect(opened).rejects.toThrow(reason);
    await expect(opened).rejects.toMatchObject({ code: EngineError.code });
  });

  it.each([
    [29, 'an input past_key_values.29.key'],
    [31, 'no input past_key_values.30.key'],
  ])('is refused where model.json says that it has %d layers', async (layers, reason) => {
    await expect(openOrtTextGraph({ ...model, layers })).rejects.toThrow(reason);
  });

  it('is refused where its logits are of another width', async () => {
    await expect(openOrtTextGraph({ ...model, vocabulary: 49_153 })).rejects.toThrow('49152 wide, not 49153');
  });

  it('is refused when its file was cut short, with the hash of the whole one or with its own', async () => {
    const location = path.join(scratch, 'cut.onnx');
    copyFileSync(model.weights.location, location);
    const bytes = 50_000_000;
    truncateSync(location, bytes);
    await expect(openOrtTextGraph({ ...model, weights: { ...model.weights, location } })).rejects.toMatchObject({
      code: ArtifactCorruptError.code,
    });
    const sha256 = createHash('sha256').update(readFileSync(location)).digest('hex');
    const cut: LocatedFile = { location, bytes, sha256 };
    await expect(openOrtTextGraph({ ...model, weights: cut })).rejects.toMatchObject({ code: EngineError.code });
  });
});
