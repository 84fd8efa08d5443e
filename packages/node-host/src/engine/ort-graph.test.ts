import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactCorruptError, EngineError, type EngineModel } from '@terrace/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openGraph, toTensor } from './ort-graph.js';
import { shippedModel } from './testing/shipped-model.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-graph-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let nano: EngineModel;
beforeAll(async () => {
  nano = (await shippedModel('nano', 'q4', 0)).model;
});

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

/** Weights whose hash is right and whose content is not. */
function garbage(content: string | Uint8Array): EngineModel {
  const location = path.join(folder, 'garbage.onnx');
  writeFileSync(location, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { ...nano, weights: { location, bytes: Buffer.byteLength(content), sha256 } };
}

it('opens a graph, names its inputs and outputs, and lets it go', async () => {
  const graph = await openGraph(nano);
  expect(graph.inputNames).toContain('input_ids');
  expect(graph.outputNames.length).toBeGreaterThan(0);
  await graph.release();
});

it.each([
  ['text', 'this is no graph'],
  ['zeros', new Uint8Array(1000)],
])('refuses %s with an EngineError that holds the reason of the runtime', async (_, content) => {
  const error = await reasonOf(openGraph(garbage(content)));
  expect(EngineError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ facts: { model: 'nano', provider: 'cpu' }, cause: expect.any(Error) });
});

it('refuses bytes that are not those of the catalog before the runtime sees them', async () => {
  const error = await reasonOf(openGraph({ ...nano, weights: { ...nano.weights, sha256: '0'.repeat(64) } }));
  expect(ArtifactCorruptError.isInstance(error)).toBe(true);
});

it('refuses a provider that this runtime does not have', async () => {
  const error = await reasonOf(openGraph({ ...nano, provider: 'abacus' }));
  expect(EngineError.isInstance(error)).toBe(true);
  expect((error as EngineError).message).toContain('abacus');
});

it('fails with an EngineError when a run is fed wrongly, and can be asked again', async () => {
  const graph = await openGraph((await shippedModel('small', 'int8', 3)).model);
  const error = await reasonOf(graph.run({}, graph.outputNames[0]!));
  expect(EngineError.isInstance(error)).toBe(true);
  expect((error as Error).cause).toBeInstanceOf(Error);
  await graph.release();
});

it('makes tensors of both types with their shapes', () => {
  const ids = toTensor({ type: 'int64', data: BigInt64Array.of(1n, 2n), dims: [1, 2] });
  expect([ids.type, ids.dims]).toEqual(['int64', [1, 2]]);
  const head = toTensor({ type: 'float32', data: Float32Array.of(1, 2, 3, 4), dims: [2, 2] });
  expect([head.type, head.dims, head.size]).toEqual(['float32', [2, 2], 4]);
});
