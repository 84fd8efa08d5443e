import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { plainInputs } from '../../delta/delta-inputs.js';
import { encoderFeeds, type PlainTensor } from '../../tasks/encoder-feeds.js';
import { describeGraph } from './describe-graph.js';
import { readOnnx } from '../../delta/layers/onnx-file.js';
import { openStaticGraph } from './static-graph.js';

const shipped = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../../../models/encoders/${path}`, import.meta.url))));
const file = shipped('nano/model_q4.onnx');
const shape = { interface: 'terrace', layers: 0, hidden: 256, features: 768 } as const;

interface Golden {
  readonly tokenIds: readonly (readonly number[])[];
  readonly embeddings: Readonly<Record<string, readonly (readonly number[])[]>>;
}
const golden = JSON.parse(new TextDecoder().decode(shipped('golden.json'))) as Golden;

const graph = openStaticGraph(file)!;
const feedsOf = (rows: readonly (readonly number[])[]): Record<string, PlainTensor> => ({
  ...encoderFeeds(rows),
  ...plainInputs(shape),
});
const embed = async (rows: readonly (readonly number[])[]) => (await graph.run(feedsOf(rows), 'embedding')).data;

/** 4-bit token vectors, of which mean, largest and smallest values are pooled. */
const KNOWN_GRAPH = [
  'GatherBlockQuantized(t0 input_ids t1 t2) block_size=32 gather_axis=0 quantize_axis=1',
  'Equal(input_ids t3)',
  'Equal(input_ids t4)',
  'Or(n1 n2)',
  'Cast(attention_mask) to=1',
  'Cast(n3) to=1',
  'Sub(t5 n5)',
  'Mul(n4 n6)',
  'Unsqueeze(n7 t6)',
  'Sub(t5 n8)',
  'Mul(n9 t8)',
  'Mul(n0 n8)',
  'ReduceSum(n11 t7) keepdims=0',
  'ReduceSum(n8 t7) keepdims=0',
  'Max(n13 t5)',
  'Div(n12 n14)',
  'Sub(n0 n10)',
  'ReduceMax(n16) axes=1 keepdims=0',
  'Clip(n17 t9 t5)',
  'Add(n0 n10)',
  'ReduceMin(n19) axes=1 keepdims=0',
  'Clip(n20 t9 t5)',
  'Mul(n15 n15)',
  'ReduceSum(n22 t10) keepdims=1',
  'Sqrt(n23)',
  'Max(n24 t11)',
  'Div(n15 n25)',
  'Mul(n15 t12)',
  'Mul(n18 t13)',
  'Mul(n21 t13)',
  'Concat(n27 n28 n29) axis=1',
  'MatMul(n30 head_w)',
  'Add(n31 head_b)',
  'embedding=n26 logits=n32',
];

describe('the static encoder without a runtime', () => {
  it('embeds as the golden data of the model says', async () => {
    for (const [i, ids] of golden.tokenIds.entries()) {
      const values = await embed([ids]);
      const expected = golden.embeddings['nano']![i]!;
      expect(values.reduce((sum, value, j) => sum + value * expected[j]!, 0)).toBeGreaterThan(0.999);
      expect(Math.hypot(...values)).toBeCloseTo(1, 5);
    }
  });

  it('embeds rows of unequal length together as each by itself', async () => {
    const rows = golden.tokenIds.slice(0, 5);
    const together = await embed(rows);
    for (const [i, ids] of rows.entries()) expect(together.slice(i * 256, (i + 1) * 256)).toEqual(await embed([ids]));
  });

  it('scores what it has pooled: three times the mean, half of each extreme', async () => {
    const ids = golden.tokenIds[0]!;
    const ones: PlainTensor = { type: 'float32', data: new Float32Array(768 * 2).fill(1), dims: [768, 2] };
    const head = { head_w: ones, head_b: { type: 'float32', data: Float32Array.of(0, 5), dims: [2] } } as const;
    const { data, dims } = await graph.run({ ...feedsOf([ids]), ...head }, 'logits');
    expect(dims).toEqual([1, 2]);
    expect(data[1]! - data[0]!).toBeCloseTo(5, 4);
  });

  it('tells what the head is multiplied with', async () => {
    const feeds = feedsOf(golden.tokenIds.slice(0, 2));
    const { data, dims } = await graph.run(feeds, 'features');
    expect(dims).toEqual([2, 768]);
    const weight = Float32Array.from({ length: 768 }, (_, i) => Math.sin(i));
    const head_w: PlainTensor = { type: 'float32', data: weight, dims: [768, 1] };
    const logits = (await graph.run({ ...feeds, head_w }, 'logits')).data;
    for (const [row, logit] of logits.entries()) {
      const features = data.subarray(row * 768, (row + 1) * 768);
      expect(features.reduce((sum, value, i) => sum + value * weight[i]!, 0)).toBeCloseTo(logit, 3);
    }
  });

  it('has nothing to say of a text without words', async () => {
    const values = await embed([[101, 102]]);
    expect(values.every((value) => value === 0)).toBe(true);
  });

  it('refuses a token that its vocabulary does not have', async () => {
    await expect(embed([[101, 30_522, 102]])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('is this graph and no other', () => {
    expect(describeGraph(readOnnx(file)).split('\n')).toEqual(KNOWN_GRAPH);
  });

  it('leaves every other graph, and what is none, to the runtime', () => {
    expect(openStaticGraph(shipped('base/model_int8.onnx'))).toBeUndefined();
    for (const text of ['', 'not a model', '<!doctype html><title>Not found</title>']) {
      expect(openStaticGraph(new TextEncoder().encode(text))).toBeUndefined();
    }
    for (let i = 1; i < 40; i++) {
      expect(openStaticGraph(file.subarray(0, Math.floor((file.length * i) / 40)))).toBeUndefined();
    }
  });

  it('leaves a graph to the runtime in which one node or tensor is another', () => {
    const text = new TextDecoder('latin1').decode(file);
    const changed = ['ReduceMax', 'Concat', 'attention_mask', 'tokens.zp', 'logits'].map((word) => {
      const other = file.slice();
      other[text.indexOf(word)]! ^= 1;
      return openStaticGraph(other);
    });
    expect(changed).toEqual(changed.map(() => undefined));
  });

  it.each([5, 6, 7, 10])('leaves a graph to the runtime that says another axis, or another one (tensor %i)', (i) => {
    const other = file.slice();
    readOnnx(other).tensors[i]!.data[2]! ^= 1;
    expect(openStaticGraph(other)).toBeUndefined();
  });
});
