import { beforeAll, expect, it } from 'vitest';
import { encodeSafetensors } from '@terrace/core/deltas';
import type { TextGraph } from '@terrace/core/generate';
import { mergeInto, tinyTextModel } from '@terrace/core/testing';
import type { OrtRuntime } from '../ort-runtime.js';
import { openOrtTextGraph } from './ort-text-graph.js';
import type { TensorCaches } from './tensor-caches.js';
import { apart, located, openTinyGraph, startRuntime, tinyModel, walk } from './testing/open-tiny-graph.js';

let runtime: OrtRuntime;
let graph: TextGraph<TensorCaches>;
beforeAll(async () => {
  runtime = await startRuntime('wasm');
  graph = await openTinyGraph(runtime, 'wasm');
});

const PROMPT = Array.from({ length: 40 }, (_, at) => 3 + ((at * 37) % 250));
const read = async (ids: readonly number[]): Promise<TensorCaches> =>
  (
    await graph.run({
      ids: Int32Array.from(ids),
      columns: ids.length,
      caches: graph.empty(),
      keep: false,
      logits: 'none',
    })
  ).caches;

it('gives the same logits however a prompt is cut', async () => {
  const whole = await walk(graph, { prompt: PROMPT, after: [70, 71] });
  for (const chunk of [1, 7, 16, 31]) {
    expect(apart(await walk(graph, { prompt: PROMPT, after: [70, 71], chunk }), whole)).toBeLessThan(1e-4);
  }
});

it('decodes rows of unequal length side by side as it does one by one', async () => {
  const prompts = [PROMPT.slice(0, 3), PROMPT.slice(0, 21), PROMPT.slice(5, 12)];
  const next = [100, 101, 102];
  const alone = await Promise.all(prompts.map((prompt, at) => walk(graph, { prompt, after: [next[at]!, 9] })));
  const rows = [];
  for (const prompt of prompts) rows.push({ caches: await read(prompt), row: 0 });
  let caches = graph.gather(rows, false);
  expect(caches.lengths).toEqual([3, 21, 7]);
  for (const [turn, ids] of [next, [9, 9, 9]].entries()) {
    const step = await graph.run({ ids: Int32Array.from(ids), columns: 1, caches, keep: false, logits: 'last' });
    caches = step.caches;
    prompts.forEach((_, row) => {
      const width = graph.vocabulary;
      const logits = step.logits.slice(row * width, (row + 1) * width);
      expect(apart([logits], [alone[row]![turn + 1]!])).toBeLessThan(1e-4);
    });
  }
  const left = graph.gather([{ caches, row: 2 }], false);
  expect(left.lengths).toEqual([9]);
  expect(left.bytes).toBe(9 * graph.bytesPerToken);
  left.release();
});

it('keeps what is to be kept, and lets go of what is not', async () => {
  const prefix = await read(PROMPT);
  const [a, b] = [graph.gather([{ caches: prefix, row: 0 }], true), graph.gather([{ caches: prefix, row: 0 }], true)];
  prefix.release();
  const step = (caches: TensorCaches, keep: boolean) =>
    graph.run({ ids: Int32Array.of(5), columns: 1, caches, keep, logits: 'last' });
  const first = (await step(a, true)).logits.slice();
  expect(apart([(await step(a, false)).logits], [first])).toBe(0);
  expect(apart([(await step(b, false)).logits], [first])).toBe(0);
  await expect(step(b, false)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});

it.each([
  [{ layers: 3 }, /no input past_key_values.2.key/],
  [{ layers: 1 }, /an input past_key_values.1.key, and only 1 layers/],
])('refuses a graph that the catalog describes wrongly: %j', async (change, why) => {
  const opening = openOrtTextGraph(await tinyModel('wasm', change), { runtime, provider: 'wasm' });
  await expect(opening).rejects.toThrow(why);
});

it('says so when the logits are not as wide as announced', async () => {
  const other = await openOrtTextGraph(await tinyModel('wasm', { vocabulary: 300 }), { runtime, provider: 'wasm' });
  await expect(walk(other, { prompt: [4], after: [] })).rejects.toThrow('its logits are 272 wide, not 300');
  await other.release();
});

const Q = 'model.layers.1.self_attn.q_proj';
const factor = (rows: number, columns: number) => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, (_, at) => Math.sin(at) / 8),
});
/** What the query of the second layer is changed by: [16, 2] and [2, 32]. */
const FACTORS = new Map([
  [`${Q}.lora_A.weight`, factor(2, 16)],
  [`${Q}.lora_B.weight`, factor(32, 2)],
]);
const deltaOf = async (file: Uint8Array<ArrayBuffer>) =>
  ({ deltaId: 'd1', kind: 'lora', rank: 2, scale: 3, adapter: await located(file) }) as const;

it('computes with a delta what the model gives into which it is merged', async () => {
  const [a, b] = [...FACTORS.values()].map(({ data }) => data);
  const merged = mergeInto(
    tinyTextModel().model,
    'q.1',
    (i, o) => 3 * (a![i]! * b![2 * o]! + a![16 + i]! * b![2 * o + 1]!),
  );
  const delta = await deltaOf(encodeSafetensors(FACTORS, { dtype: 'F32' }));
  const [beside, inside] = [
    await openOrtTextGraph(await tinyModel('wasm', { delta }), { runtime, provider: 'wasm' }),
    await openOrtTextGraph(await tinyModel('wasm', { weights: await located(merged) }), { runtime, provider: 'wasm' }),
  ];
  const [changed, expected, plain] = [
    await walk(beside, { prompt: PROMPT, after: [70] }),
    await walk(inside, { prompt: PROMPT, after: [70] }),
    await walk(graph, { prompt: PROMPT, after: [70] }),
  ];
  expect(apart(changed, expected)).toBeLessThan(1e-4);
  expect(apart(changed, plain)).toBeGreaterThan(1e-3);
  await Promise.all([beside.release(), inside.release()]);
});

it('refuses a delta that does not fit', async () => {
  const wide = new Map([...FACTORS, [`${Q}.lora_A.weight`, factor(2, 17)]]);
  const delta = await deltaOf(encodeSafetensors(wide, { dtype: 'F32' }));
  const opening = openOrtTextGraph(await tinyModel('wasm', { delta }), { runtime, provider: 'wasm' });
  await expect(opening).rejects.toMatchObject({ code: 'DELTA_MISMATCH' });
});
