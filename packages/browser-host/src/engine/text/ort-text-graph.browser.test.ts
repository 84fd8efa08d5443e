import { beforeAll, expect, it } from 'vitest';
import type { TextGraph } from '@terrace/core/generate';
import type { OrtRuntime } from '../ort-runtime.js';
import { openOrtTextGraph } from './ort-text-graph.js';
import type { TensorCaches } from './tensor-caches.js';
import { apart, openTinyGraph, startRuntime, tinyModel, walk } from './testing/open-tiny-graph.js';

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

it('refuses a delta rather than answer without it under its name', async () => {
  const model = await tinyModel('wasm');
  const delta = { deltaId: 'd1', kind: 'lora', rank: 4, scale: 1, adapter: model.weights } as const;
  const opening = openOrtTextGraph({ ...model, delta }, { runtime, provider: 'wasm' });
  await expect(opening).rejects.toThrow('tiny takes no deltas of its weights in a browser, and d1 is one.');
});
