import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson, type Catalog } from '@terrace/core';
import { launch, PAGE_FOLDERS } from '@terrace/test/browser';
import { startStaticServer } from '@terrace/test/static-server';
import { printFigures } from '../report.js';
import { packageFolder } from './pages.js';

const TOKENS = 8;
const ROUNDS = 3;
const PROMPT = 'Tell me a story about a ship.';

/** Both in one page: each tells when its tokens came, in milliseconds since it was asked. */
const PAGE = (name: string): string => `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="importmap">
  {"imports":{"onnxruntime-common":"/ort-common/index.js","onnxruntime-web/webgpu":"/ort/ort.wasm.bundle.min.mjs"}}
</script>
<script type="module">
import { createBrowserRuntime } from '/terrace/index.js';
import { withText } from '/terrace/text-page.js';
import { env, pipeline, TextStreamer } from '/peer/transformers.web.min.js';
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = '/folder/';
env.backends.onnx.wasm.wasmPaths = '/ort/';
env.backends.onnx.wasm.numThreads = 1;
const messages = [{ role: 'user', content: ${JSON.stringify(PROMPT)} }];
let runtime;
let generate;
globalThis.open = async () => {
  runtime = withText(await createBrowserRuntime({ catalogUrl: '/catalog.json' }));
  await runtime.prepare({ task: 'text-generation' });
  generate = await pipeline('text-generation', ${JSON.stringify(name)}, { dtype: 'q4', device: 'wasm' });
};
globalThis.terrace = async () => {
  const [fromMs, atMs] = [performance.now(), []];
  const generation = { maxTokens: ${TOKENS} };
  let text = '';
  for await (const step of runtime.stream({ task: 'text-generation', messages, generation, holdMs: 0 })) {
    if (step.kind !== 'text') continue;
    text += step.text;
    for (const _ of step.logProbs) atMs.push(performance.now() - fromMs);
  }
  return { atMs, text };
};
globalThis.peer = async () => {
  const [fromMs, atMs] = [performance.now(), []];
  const streamer = new TextStreamer(generate.tokenizer, {
    skip_prompt: true,
    callback_function: () => {},
    token_callback_function: () => atMs.push(performance.now() - fromMs),
  });
  const output = await generate(messages, { max_new_tokens: ${TOKENS}, do_sample: false, streamer });
  return { atMs, text: output[0].generated_text.at(-1).content };
};
globalThis.isReady = true;
</script>`;

interface Told {
  readonly atMs: readonly number[];
  readonly text: string;
}

/** Tokens a second of SmolLM2 in a page, on WebAssembly, beside transformers.js in the same page. */
export async function browserTextDecode(): Promise<void> {
  const folder = process.env['TERRACE_TEXT_MODEL'];
  if (folder === undefined) return console.log('skipped: browser-text-decode (TERRACE_TEXT_MODEL is not set)');
  const server = await startStaticServer({
    folders: {
      ...PAGE_FOLDERS,
      '/peer/': path.join(packageFolder('@huggingface/transformers'), 'dist'),
      '/ort/': path.join(packageFolder('onnxruntime-web'), 'dist'),
      '/ort-common/': path.join(packageFolder('onnxruntime-common'), 'dist/esm'),
      '/folder/': path.dirname(folder),
    },
    pages: { '/': PAGE(path.basename(folder)) },
  });
  const catalog = catalogOf(path.basename(folder));
  server.intercept = ({ url }, response) => {
    if (url !== '/catalog.json') return false;
    response.setHeader('content-type', 'application/json').end(catalog);
    return true;
  };
  const browser = await launch();
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(server.url);
  await page.waitForFunction('globalThis.isReady === true');
  await page.evaluate('open()');
  const rates: Record<'terrace' | 'peer', number[]> = { terrace: [], peer: [] };
  const texts: Record<string, string> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['terrace', 'peer'] as const) {
      const { atMs, text } = (await page.evaluate(`${name}()`)) as Told;
      texts[name] = text;
      // The first token pays for the prompt.
      rates[name].push(((atMs.length - 1) * 1000) / (atMs.at(-1)! - atMs[0]!));
      console.log(`${name}: first token after ${atMs[0]!.toFixed(0)} ms, ${rates[name].at(-1)!.toFixed(2)} tokens/s`);
    }
  }
  await browser.close();
  await server.close();
  console.log(`terrace: ${JSON.stringify(texts['terrace'])}\npeer:    ${JSON.stringify(texts['peer'])}`);
  const [own, peer] = [Math.max(...rates.terrace), Math.max(...rates.peer)];
  printFigures(
    `SmolLM2 q4 in a page in Chromium, WebAssembly, one thread, ${TOKENS} tokens, best of ${ROUNDS} rounds`,
    [
      {
        name: 'tokens a second over transformers.js',
        wanted: 'at least 1',
        measured: `${(own / peer).toFixed(2)} (${own.toFixed(2)} over ${peer.toFixed(2)})`,
        holds: own >= peer,
      },
    ],
  );
}

/** SmolLM2 alone, its files where the folder has them. */
function catalogOf(folder: string): string {
  const shipped = readFileSync(path.join(PAGE_FOLDERS['/models/']!, 'catalog.json'), 'utf8');
  const { revision: _, models, ...rest } = JSON.parse(shipped) as Catalog;
  const model = models.find(({ id }) => id === 'smollm2')!;
  const moved = <F extends { readonly path: string }>(file: F): F => ({
    ...file,
    path: `folder/${folder}/${file.path.endsWith('.onnx') ? 'onnx/' : ''}${path.basename(file.path)}`,
  });
  const own = {
    ...model,
    tokenizer: moved(model.tokenizer),
    ...(model.golden && { golden: { ...model.golden, path: `models/${model.golden.path}` } }),
    ...(model.tokenizerConfig && { tokenizerConfig: moved(model.tokenizerConfig) }),
    variants: model.variants.map((variant) => ({ ...variant, weights: moved(variant.weights) })),
  };
  const content = { ...rest, models: [own], deltas: [], domains: [], endpoints: [] };
  const revision = createHash('sha256').update(canonicalJson(content)).digest('hex');
  return JSON.stringify({ ...content, revision });
}
