import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encoderFeeds, plainInputs, type PlainTensor } from '@terrace/core/engine';
import { describe, expect, it } from 'vitest';
import { readOnnx } from './onnx-file.js';
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

  it('has nothing to say of a text without words', async () => {
    const values = await embed([[101, 102]]);
    expect(values.every((value) => value === 0)).toBe(true);
  });

  it('refuses a token that its vocabulary does not have', async () => {
    await expect(embed([[101, 30_522, 102]])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
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
