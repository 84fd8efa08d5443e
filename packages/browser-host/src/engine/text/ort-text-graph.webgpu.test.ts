import { expect, it } from 'vitest';
import { apart, openTinyGraph, startRuntime, walk } from './testing/open-tiny-graph.js';

const PROMPT = Array.from({ length: 40 }, (_, at) => 3 + ((at * 37) % 250));

it('gives the logits of WebAssembly, with a prompt of more tokens than one run takes', async () => {
  const asked = { prompt: PROMPT, after: [70, 71] };
  const wasm = await openTinyGraph(await startRuntime('wasm'), 'wasm');
  const expected = await walk(wasm, asked);
  const graph = await openTinyGraph(await startRuntime('webgpu'), 'webgpu');
  expect(apart(await walk(graph, { ...asked, chunk: graph.chunkTokens }), expected)).toBeLessThan(1e-3);
});

it('shares what is kept without a copy, and frees the buffers of what is not', async () => {
  const graph = await openTinyGraph(await startRuntime('webgpu'), 'webgpu');
  const run = async (ids: readonly number[], caches = graph.empty(), keep = false) =>
    graph.run({ ids: Int32Array.from(ids), columns: ids.length, caches, keep, logits: 'last' });
  const { caches: prefix } = await run(PROMPT.slice(0, 20));
  const own = graph.gather([{ caches: prefix, row: 0 }], true);
  const first = (await run([9], own)).logits.slice();
  const again = await run([9], prefix, true);
  expect(apart([again.logits], [first])).toBe(0);
  expect(Object.values(prefix.past).every(({ location }) => location === 'gpu-buffer')).toBe(true);
  again.caches.release();
  prefix.release();
  expect(Object.values(prefix.past).every(({ location }) => location === 'none')).toBe(true);
});
