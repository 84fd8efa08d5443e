import { readFileSync } from 'node:fs';
import type { EngineModel } from '@terrace/core';
import { encoderFeeds, plainInputs, type EncoderGraph, type PlainTensor } from '@terrace/core/engine';
import { beforeAll, expect, it, vi } from 'vitest';
import { openStatic } from './open-static.js';
import { openGraph } from './ort-graph.js';
import { shippedModel } from './testing/shipped-model.js';

type Graph = EncoderGraph<unknown>;

let own: Graph;
let runtime: Graph;
let model: EngineModel;
beforeAll(async () => {
  model = (await shippedModel('nano', 'q4', 0)).model;
  own = openStatic(model, new Uint8Array(readFileSync(model.weights.location)))!;
  vi.stubGlobal('WebAssembly', undefined);
  runtime = (await openGraph(model)) as Graph;
  vi.unstubAllGlobals();
  return () => runtime.release();
});

const LABELS = 150;
/** Of all lengths, one without words. */
const ROWS = [0, 1, 3, 9, 40, 200].map((words) => [
  101,
  ...Array.from({ length: words }, (_, i) => 1000 + ((i * 7919 + words) % 28_000)),
  102,
]);

const run = async (graph: Graph, inputs: Readonly<Record<string, PlainTensor>>, output: string) =>
  graph.run(Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, graph.toTensor(tensor)])), output);

it('leaves a static encoder to ONNX Runtime where WebAssembly is forbidden', () => {
  expect(own.outputNames).toContain('features');
  expect(runtime.outputNames).toEqual(['embedding', 'logits']);
});

it.each(['embedding', 'logits'])('gives the %s that ONNX Runtime gives', async (output) => {
  const head_w: PlainTensor = {
    type: 'float32',
    data: Float32Array.from({ length: 768 * LABELS }, (_, i) => Math.sin(i * i) / 10),
    dims: [768, LABELS],
  };
  const head_b: PlainTensor = {
    type: 'float32',
    data: Float32Array.from({ length: LABELS }, (_, i) => Math.cos(i)),
    dims: [LABELS],
  };
  const inputs = { ...encoderFeeds(ROWS), ...plainInputs(model.graph), head_w, head_b };
  const expected = await run(runtime, inputs, output);
  const found = await run(own, inputs, output);
  expect(found.dims).toEqual(expected.dims);
  expect(Math.max(...found.data.map((value, i) => Math.abs(value - expected.data[i]!)))).toBeLessThan(1e-4);
});

it('gives the event loop its turn before a run', async () => {
  let turned = false;
  setImmediate(() => (turned = true));
  await run(own, { ...encoderFeeds(ROWS), ...plainInputs(model.graph) }, 'embedding');
  expect(turned).toBe(true);
});
