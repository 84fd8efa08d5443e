import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { plainInputs } from '../../delta/delta-inputs.js';
import { encoderFeeds, type PlainTensor } from '../../tasks/encoder-feeds.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { openPackedGraph, type StaticTensor } from './packed-graph.js';
import { openStaticGraph } from './static-graph.js';
import { STATIC_KERNEL_BYTES } from './static-kernel-bytes.js';

const shipped = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../../../models/encoders/${path}`, import.meta.url))));
const file = shipped('nano/model_q4.onnx');
const shape = { interface: 'terrace', layers: 0, hidden: 256, features: 768 } as const;
const plain = openStaticGraph(file)!;
const packed = openPackedGraph(file)!;

const random = seededRandom(3);
const floats = (dims: readonly number[]): PlainTensor => {
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random() - 0.5);
  return { type: 'float32', data, dims };
};
const rowOf = (words: number): number[] => [
  101,
  ...Array.from({ length: words }, () => Math.floor(random() * 30_522)),
  102,
];
const rowsOf = (count: number): number[][] => Array.from({ length: count }, (_, i) => rowOf(1 + ((i * 7) % 23)));

const toTensors = (feeds: Readonly<Record<string, PlainTensor>>): Record<string, StaticTensor> =>
  Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, packed.toTensor(tensor)]));

async function both(feeds: Readonly<Record<string, PlainTensor>>, output: string) {
  const [expected, found] = await Promise.all([plain.run(feeds, output), packed.run(toTensors(feeds), output)]);
  expect(found.dims).toEqual(expected.dims);
  return Math.max(...found.data.map((value, i) => Math.abs(value - expected.data[i]!)));
}

it('is compiled from what can be read', async () => {
  const source = readFileSync(new URL('./static-kernel.wat', import.meta.url), 'utf8');
  const { buffer } = (await wabt()).parseWat('static-kernel.wat', source, { simd: true }).toBinary({});
  expect(STATIC_KERNEL_BYTES).toBe(Buffer.from(buffer).toString('base64'));
});

describe('the static encoder by WebAssembly', () => {
  it.each([1, 2, 8, 9, 19])('pools %i rows as plain JavaScript does', async (count) => {
    const feeds = { ...encoderFeeds(rowsOf(count)), ...plainInputs(shape) };
    expect(await both(feeds, 'features')).toBeLessThan(1e-6);
    expect(await both(feeds, 'embedding')).toBeLessThan(1e-6);
  });

  it.each([
    [1, 1],
    [3, 15],
    [1, 16],
    [2, 17],
    [9, 150],
    [17, 33],
  ])('scores %i rows with a head of %i labels as plain JavaScript does', async (count, labels) => {
    const head = { head_w: floats([768, labels]), head_b: floats([labels]) };
    expect(await both({ ...encoderFeeds(rowsOf(count)), ...head }, 'logits')).toBeLessThan(1e-5);
  });

  it('keeps heads apart that are used in turn', async () => {
    const heads = [40, 20, 40].map((labels) => ({ head_w: floats([768, labels]), head_b: floats([labels]) }));
    const texts = encoderFeeds(rowsOf(3));
    const tensors = heads.map((head) => toTensors({ ...texts, ...head }));
    for (const i of [0, 1, 2, 1, 0]) {
      const { data } = await packed.run(tensors[i]!, 'logits');
      const expected = await plain.run({ ...texts, ...heads[i]! }, 'logits');
      for (const [j, value] of data.entries()) expect(value).toBeCloseTo(expected.data[j]!, 4);
    }
  });

  it('pools a text that is longer than any before, and one without words', async () => {
    for (const row of [rowOf(700), rowOf(0), rowOf(2000), rowOf(3)]) {
      expect(await both({ ...encoderFeeds([row]), ...plainInputs(shape) }, 'features')).toBeLessThan(1e-6);
    }
  });

  it('refuses a token that its vocabulary does not have', async () => {
    for (const id of [30_522, -1]) {
      const run = packed.run(toTensors({ ...encoderFeeds([[101, id, 102]]), ...plainInputs(shape) }), 'embedding');
      await expect(run).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    }
  });

  it('reads a Buffer as it reads any other array', async () => {
    const feeds = { ...encoderFeeds(rowsOf(3)), ...plainInputs(shape) };
    expect(await openPackedGraph(Buffer.from(file))!.run(feeds, 'features')).toEqual(
      await packed.run(feeds, 'features'),
    );
  });

  it('refuses a head of another shape', async () => {
    for (const dims of [
      [512, 20],
      [768, 19],
      [512, 2],
    ]) {
      const head = { head_w: floats(dims), head_b: floats([dims[1] === 19 ? 20 : dims[1]!]) };
      const run = packed.run(toTensors({ ...encoderFeeds(rowsOf(3)), ...head }), 'logits');
      await expect(run).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    }
  });

  it('multiplies a head as it is where there is no memory to pack it', async () => {
    function Instance(): never {
      throw new RangeError('Out of memory: Cannot allocate Wasm memory for new instance');
    }
    vi.stubGlobal('WebAssembly', { Module: Object, Instance });
    onTestFinished(() => void vi.unstubAllGlobals());
    const feeds = { ...encoderFeeds(rowsOf(3)), head_w: floats([768, 20]), head_b: floats([20]) };
    expect('packed' in packed.toTensor(feeds.head_w)).toBe(false);
    expect(await both(feeds, 'logits')).toBeLessThan(1e-5);
    expect(openPackedGraph(file)).toBeUndefined();
  });

  it('leaves every other graph to the runtime, and all where WebAssembly is forbidden', () => {
    expect(openPackedGraph(new Uint8Array(100))).toBeUndefined();
    vi.stubGlobal('WebAssembly', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(openPackedGraph(file)).toBeUndefined();
  });
});
