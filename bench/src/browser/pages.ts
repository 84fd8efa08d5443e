import { createRequire } from 'node:module';
import path from 'node:path';
import { launch, PAGE_FOLDERS } from '@terrace/test/browser';
import { startStaticServer } from '@terrace/test/static-server';
import type { Browser, BrowserContext, Page } from 'playwright-core';

const require = createRequire(import.meta.url);
/** The folder of an installed package, whatever its manifest lets others import. */
export const packageFolder = (name: string): string => {
  const entry = require.resolve(name);
  return entry.slice(0, entry.lastIndexOf(path.join('node_modules', name)) + path.join('node_modules', name).length);
};

/** `open` and `ask` in the page, whoever answers: one shape, so that blocks can alternate. */
const contender = (script: string): string => `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="importmap">
  {"imports":{"onnxruntime-common":"/ort-common/index.js","onnxruntime-web/webgpu":"/ort/ort.webgpu.bundle.min.mjs"}}
</script>
<script type="module">
${script}
globalThis.timed = async (texts, concurrency) => {
  const times = [];
  const waiting = [...texts];
  const fromMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, async () => {
    for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
      const sinceMs = performance.now();
      await ask(text);
      times.push(performance.now() - sinceMs);
    }
  }));
  return { times, totalMs: performance.now() - fromMs };
};
globalThis.isReady = true;
</script>`;

/**
 * The peer as its documentation has it, with the int8 model of the same upstream as \`base\`, from its own server. One
 * thread is what it takes in a page that is not isolated, and what everybody here has.
 */
const PEER = contender(`
import { env, pipeline } from '/peer/transformers.web.min.js';
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = '/data-models/';
env.backends.onnx.wasm.wasmPaths = '/ort/';
env.backends.onnx.wasm.numThreads = 1;
globalThis.open = async () => {
  const extract = await pipeline('feature-extraction', 'peer-minilm-int8', { dtype: 'q8', device: 'wasm' });
  globalThis.ask = async (text) => (await extract(text, { pooling: 'mean', normalize: true })).data.length;
};
`);

const terrace = (policy: string): string =>
  contender(`
import { createBrowserRuntime } from '/terrace/index.js';
globalThis.open = async () => {
  const runtime = await createBrowserRuntime({ catalogUrl: '/models/catalog.json' });
  globalThis.runtime = runtime;
  globalThis.ask = (text) => runtime.run({ domain: 'clinc150', policy: '${policy}', text });
};
`);

/** What a careful person would write by hand: one worker with tokenizer, feeds and one \`session.run\`. */
const RAW = contender(`
globalThis.open = async () => {
  const worker = new Worker('/raw-worker.js', { type: 'module' });
  const answers = new Map();
  let lastId = 0;
  const send = (message) => new Promise((resolve) => {
    answers.set(++lastId, resolve);
    worker.postMessage({ ...message, id: lastId });
  });
  worker.onmessage = ({ data }) => {
    answers.get(data.id)(data.value);
    answers.delete(data.id);
  };
  await send({ kind: 'open' });
  globalThis.ask = (text) => send({ kind: 'ask', text });
};
`);

const RAW_WORKER = `
import { InferenceSession, Tensor, env } from '/terrace/ort-wasm.mjs';
import { Tokenizer } from '/tokenizers/tokenizers.min.mjs';
import { deltaInputs, encoderFeeds, readSafetensors } from '/core/engine.js';
env.wasm.wasmPaths = { mjs: '/terrace/ort-wasm-simd-threaded.mjs', wasm: '/terrace/ort-wasm-simd-threaded.wasm' };
env.wasm.numThreads = 1;
const read = async (path) => (await fetch('/models/' + path)).arrayBuffer();
const json = async (path) => (await fetch('/models/' + path)).json();
const toTensors = (plain) => Object.fromEntries(
  Object.entries(plain).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]));
let ask;
async function open() {
  const catalog = await json('catalog.json');
  const model = catalog.models.find(({ id }) => id === 'base');
  const delta = catalog.deltas.find(({ domain, base }) => domain === 'clinc150' && base.id === 'base');
  const weights = model.variants.find(({ dtype }) => dtype === 'int8').weights.path;
  const tokenizer = new Tokenizer(await json(model.tokenizer.path), await json(model.tokenizerConfig.path));
  const session = await InferenceSession.create(await read(weights), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
  const bytes = async (file) => readSafetensors(new Uint8Array(await read(file.path)));
  const shape = { interface: 'terrace', layers: model.layers, hidden: model.hidden, features: model.features };
  const fixed = toTensors(deltaInputs({
    shape, rank: delta.rank, labelCount: delta.labels.length,
    head: await bytes(delta.head), adapter: await bytes(delta.adapter),
  }));
  ask = async (text) => {
    const { ids } = tokenizer.encode(text);
    const { logits } = await session.run({ ...toTensors(encoderFeeds([ids])), ...fixed }, ['logits']);
    return logits.data.slice();
  };
}
onmessage = async ({ data: { id, kind, text } }) => {
  const value = kind === 'open' ? await open() : await ask(text);
  postMessage({ id, value });
};
`;

export type Contender = 'peer' | 'raw' | 'cascade' | 'nano' | 'base';

export interface Pages {
  readonly browser: Browser;
  /** A profile of its own: what is cached in it is seen by its pages only. */
  newContext(): Promise<BrowserContext>;
  /** A page that is loaded and has not begun. */
  load(context: BrowserContext, contender: Contender): Promise<Page>;
  close(): Promise<void>;
}

/**
 * @param models the folder that holds `peer-minilm-int8`
 * @param headers of every answer, such as those that isolate a page
 */
export async function openPages(models: string, headers: Readonly<Record<string, string>> = {}): Promise<Pages> {
  const server = await startStaticServer({
    headers,
    folders: {
      ...PAGE_FOLDERS,
      '/peer/': path.join(packageFolder('@huggingface/transformers'), 'dist'),
      '/ort/': path.join(packageFolder('onnxruntime-web'), 'dist'),
      '/ort-common/': path.join(packageFolder('onnxruntime-common'), 'dist/esm'),
      '/tokenizers/': path.join(packageFolder('@huggingface/tokenizers'), 'dist'),
      '/core/': path.dirname(require.resolve('@terrace/core/engine')),
      '/data-models/': models,
    },
    pages: {
      '/peer': PEER,
      '/raw': RAW,
      '/cascade': terrace('cascade'),
      '/nano': terrace('nano'),
      '/base': terrace('base'),
    },
  });
  server.intercept = (request, response) => {
    if (request.url !== '/raw-worker.js') return false;
    response.setHeader('content-type', 'text/javascript').end(RAW_WORKER);
    return true;
  };
  const browser = await launch();
  return {
    browser,
    newContext: () => browser.newContext(),
    async load(context, name) {
      const page = await context.newPage();
      page.on('pageerror', (error) => console.error(`${name}: ${error.message}`));
      await page.goto(`${server.url}/${name}`);
      await page.waitForFunction('globalThis.isReady === true');
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Times of one block in the page, in milliseconds. */
export const timed = (page: Page, texts: readonly string[], concurrency = 1) =>
  page.evaluate(`timed(${JSON.stringify(texts)}, ${concurrency})`) as Promise<{
    readonly times: number[];
    readonly totalMs: number;
  }>;
