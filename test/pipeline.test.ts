import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { createPipelineLadder, pipelineTier } from '@terrace/core/pipeline';
import { plainImage, tinyImageModel } from '@terrace/core/testing';
import { createNodePipelineEngine, openSqliteLedger, systemClock } from '@terrace/node-host';
import { afterAll, describe, expect, it } from 'vitest';

/** Threads cannot run sources. */
const workerUrl = new URL('../packages/node-host/dist/bundle/pipeline-worker.js', import.meta.url);
const scratch = mkdtempSync(path.join(os.tmpdir(), 'terrace-ladder-'));
const engine = createNodePipelineEngine({ workerUrl });
afterAll(async () => {
  await engine.close();
  rmSync(scratch, { recursive: true, force: true });
});

function imageModel(name: string, sharpness: number): string {
  const folder = path.join(scratch, name);
  for (const [file, content] of Object.entries(tinyImageModel({ sharpness }))) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  }
  return folder;
}

const PATIENT = { timeout: 60_000 };

describe('a camera that climbs', PATIENT, () => {
  it('is answered by the small model where that is sure, by the large one where not, and kept in the ledger', async () => {
    const ledger = await openSqliteLedger({ file: path.join(scratch, 'ledger.db'), clock: systemClock });
    const tiers = [
      pipelineTier({ task: 'image-classification', model: imageModel('small', 1.2) })({ engine }),
      pipelineTier({ task: 'image-classification', model: imageModel('large', 4) })({ engine }),
    ];
    const task = 'image-classification';
    const ladder = createPipelineLadder({ task, tiers, clock: systemClock, random: Math.random, ledger });
    const sure = await ladder.run(plainImage([255, 0, 0]), { minConfidence: 0.8 });
    expect(sure).toMatchObject({ label: 'red', tier: 'small', path: ['small'], verdict: { kind: 'accept' } });
    const climbed = await ladder.run(plainImage([90, 200, 90]), { minConfidence: 0.8 });
    expect(climbed).toMatchObject({ label: 'green', tier: 'large', path: ['large'], verdict: { kind: 'accept' } });
    const neither = await ladder.run(plainImage([128, 130, 128]), { minConfidence: 0.8 });
    expect(neither).toMatchObject({ tier: 'large', verdict: { kind: 'abstain', reason: 'confidence' } });
    await ladder.close();
    const kept = await ledger.outcomes();
    expect(kept.map(({ tier, verdict }) => `${tier} ${verdict}`)).toEqual([
      'large abstain',
      'large accept',
      'small accept',
    ]);
    await ledger.close();
  });
});

const { TERRACE_MODELS } = process.env;

describe.skipIf(!TERRACE_MODELS)('an encoder as a pipeline (needs TERRACE_MODELS)', PATIENT, () => {
  it('gives vectors of unit length, near for what is near', async () => {
    // all-MiniLM-L6-v2 in the layout of the hub.
    const model = path.join(TERRACE_MODELS!, 'peer-minilm-int8');
    const tier = pipelineTier({ task: 'feature-extraction', model, dtype: 'q8' })({ engine });
    const vectors = [];
    for (const text of ['a cat on a sofa', 'a kitten on a couch', 'the price of steel']) {
      const { answer } = await tier.run({ kind: 'text', text });
      if (answer.kind !== 'embedding') throw new Error(answer.kind);
      vectors.push(answer.vector);
    }
    const [cat, kitten, steel] = vectors as [Float32Array, Float32Array, Float32Array];
    const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    expect(cat).toHaveLength(384);
    expect(dot(cat, cat)).toBeCloseTo(1, 5);
    expect(dot(cat, kitten)).toBeGreaterThan(dot(cat, steel) + 0.3);
    await tier.release();
  });
});

describe('the runtime', () => {
  it('is one for encoders and pipelines', () => {
    const here = createRequire(import.meta.url);
    const library = createRequire(here.resolve('@huggingface/transformers'));
    const host = createRequire(new URL('../packages/node-host/src/index.ts', import.meta.url));
    for (const name of ['onnxruntime-node', 'onnxruntime-common'])
      expect([name, library.resolve(name)]).toEqual([name, host.resolve(name)]);
    expect((host('onnxruntime-node/package.json') as { version: string }).version).toBe('1.30.0');
  });
});
