import { encoderFeeds, plainInputs, type PlainTensor } from '@terrace/core/engine';
import { beforeAll, expect, it } from 'vitest';
import { createCompiledWasm } from '../compiled-wasm.js';
import { SESSION_OPTIONS, startOrt } from '../ort-runtime.js';
import { BUILT_FILES, shippedModel } from '../testing/shipped-model.js';
import type * as wasmRuntime from './wasm-runtime.js';

type Runtime = Pick<typeof wasmRuntime, 'InferenceSession' | 'Tensor' | 'keptBytes'>;
type Session = Awaited<ReturnType<Runtime['InferenceSession']['create']>>;

/** ONNX Runtime as its publisher drives it, for comparison. */
const THEIRS = new URL('ort-wasm.mjs', BUILT_FILES.wasm.module).href;

async function start(module: string): Promise<Runtime> {
  const { instantiate } = WebAssembly;
  const wasm = await createCompiledWasm()(BUILT_FILES.wasm.binary);
  try {
    return (await startOrt({
      provider: 'wasm',
      ort: { ...BUILT_FILES.wasm, module },
      wasm,
      threads: 1,
    })) as unknown as Runtime;
  } finally {
    // A worker starts one; this page starts two.
    WebAssembly.instantiate = instantiate;
  }
}

let own: Runtime;
let theirs: Runtime;
let ownSession: Session;
let theirSession: Session;
/** A delta of small numbers. */
let delta: Record<string, PlainTensor>;
beforeAll(async () => {
  const { model } = await shippedModel('small', 'int8', 'wasm');
  const graph = new Uint8Array(await (await fetch(model.weights.location)).arrayBuffer());
  own = await start(BUILT_FILES.wasm.module);
  theirs = await start(THEIRS);
  const options = { ...SESSION_OPTIONS, executionProviders: ['wasm'] };
  ownSession = await own.InferenceSession.create(graph, options);
  theirSession = await theirs.InferenceSession.create(graph, options);
  delta = plainInputs(model.graph, 1);
  for (const { data } of Object.values(delta)) data.forEach((_, i) => (data[i] = Math.sin(i) / 50));
});

const feeds = ({ Tensor }: Runtime, inputs: Record<string, PlainTensor>, isKept = false) =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims, isKept)]),
  );
const text = encoderFeeds([[101, 2129, 2079, 1045, 102]]);

it('tells of a graph what onnxruntime-web tells', () => {
  expect(ownSession.inputNames).toEqual(theirSession.inputNames);
  expect(ownSession.outputNames).toEqual(theirSession.outputNames);
  expect(ownSession.inputMetadata).toEqual(theirSession.inputMetadata);
});

it('gives what onnxruntime-web gives, to the bit, whether a delta is kept or copied', async () => {
  const kept = feeds(own, delta, true);
  expect(own.keptBytes()).toBe(Object.values(delta).reduce((sum, { data }) => sum + data.byteLength, 0));
  const expected = await theirSession.run({ ...feeds(theirs, text), ...feeds(theirs, delta) });
  for (const fed of [kept, feeds(own, delta), kept]) {
    const found = await ownSession.run({ ...feeds(own, text), ...fed });
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const name in found) {
      expect(found[name]!.dims).toEqual(expected[name]!.dims);
      expect(found[name]!.data).toEqual(expected[name]!.data);
    }
  }
  for (const tensor of Object.values(kept)) tensor.dispose();
  for (const tensor of Object.values(kept)) tensor.dispose();
  expect(own.keptBytes()).toBe(0);
  await expect(ownSession.run({ ...feeds(own, text), ...kept })).rejects.toThrow('kept or disposed of');
});

it('says what the runtime says of inputs and graphs that are wrong, and goes on', async () => {
  const { input_ids: ids } = feeds(own, text);
  await expect(ownSession.run({ input_ids: ids! })).rejects.toThrow('the run has no attention_mask');
  const odd = { ...feeds(own, text), ...feeds(own, delta), odd: ids! };
  await expect(ownSession.run(odd)).rejects.toThrow('the graph has no odd');
  const [longer] = Object.values(feeds(own, { ids: { ...text.input_ids, dims: [1, 50_000] } as PlainTensor }));
  await expect(ownSession.run({ ...feeds(own, text), ...feeds(own, delta), input_ids: longer! })).rejects.toThrow(
    'cannot be made',
  );
  await expect(ownSession.run({ ...feeds(own, text), ...feeds(own, delta) }, ['none'])).rejects.toThrow(
    'the graph has no none',
  );
  await expect(own.InferenceSession.create(new Uint8Array([1, 2, 3]), SESSION_OPTIONS)).rejects.toThrow(
    'the graph is refused: ',
  );
  const { logits } = await ownSession.run({ ...feeds(own, text), ...feeds(own, delta) }, ['logits']);
  expect(logits!.data.length).toBeGreaterThan(0);
});
