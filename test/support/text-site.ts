import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tinyTextModel } from '@terrace/core/testing';
import type { BrowserTextRuntime } from '@terrace/browser-host/text';
import { onTestFinished } from 'vitest';
import { PAGE_FOLDERS } from './browser.js';
import { changedCatalog } from './changed-catalog.js';
import { startStaticServer, type StaticServer } from './static-server.js';

declare global {
  interface Window {
    /** Of the page of a text site. */
    runtime: BrowserTextRuntime;
  }
}

/** What a careful page says of itself. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' blob:",
};

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Text</title>
<script type="module" src="/site/page.js"></script>`;

const SCRIPT = `import { createBrowserRuntime } from '/terrace/index.js';
import { withText } from '/terrace/text-page.js';
window.runtime = withText(await createBrowserRuntime({ catalogUrl: '/site/catalog.json' }));
document.title = 'ready';
`;

/** Puts a text model into a folder under the names that its entry in the catalog says. */
export type PutModel = (folder: string) => Parameters<Parameters<typeof changedCatalog>[0]>[0]['models'][number];

/** A site whose page answers requests for text, with one model and nothing else. */
export async function startTextSite(
  putModel: PutModel = putTinyModel,
  { isCalibrated = false, script = SCRIPT }: { readonly isCalibrated?: boolean; readonly script?: string } = {},
): Promise<StaticServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-text-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const model = putModel(folder);
  const calibrations = isCalibrated ? [{ file: put(folder, 'calibration.json', calibrationOf(model)) }] : [];
  const text = { templates: [], deltas: [], calibrations };
  const catalog = changedCatalog((content) => {
    Object.assign(content, { models: [model], deltas: [], domains: [], endpoints: [], text });
  });
  writeFileSync(path.join(folder, 'catalog.json'), catalog);
  writeFileSync(path.join(folder, 'page.js'), script);
  const site = await startStaticServer({
    folders: { '/terrace/': PAGE_FOLDERS['/terrace/']!, '/site/': folder },
    pages: { '/': PAGE },
    headers: HEADERS,
  });
  onTestFinished(() => site.close());
  return site;
}

function put(folder: string, name: string, content: Uint8Array | string) {
  writeFileSync(path.join(folder, name), content);
  const bytes = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  return { path: name, bytes, sha256: createHash('sha256').update(content).digest('hex') };
}

/** Three quarters of all answers are right, whatever they are. */
function calibrationOf({ id, variants }: ReturnType<PutModel>): string {
  const whole = { features: ['logProbMean'], intercept: Math.log(3), weights: [0], means: [0], spreads: [1] };
  const rows = { whole: [7500, 7500], early: [7500, 7500], right: [1, 1] };
  const tier = { tier: id, variant: variants[0]!.weights.sha256, whole, accuracy: 0.75, rows };
  return JSON.stringify({ format: 1, kind: 'text', data: { fingerprint: 'f'.repeat(64), rows: 2 }, tiers: [tier] });
}

const putTinyModel: PutModel = (folder) => {
  const tiny = tinyTextModel();
  return {
    id: 'tiny',
    task: 'text-generation',
    interface: 'transformers',
    language: ['en'],
    contextTokens: tiny.contextTokens,
    licence: 'Apache-2.0',
    publisher: 'Terrace',
    layers: tiny.layers,
    heads: 2,
    hidden: 16,
    features: tiny.vocabulary,
    flopsPerToken: 20_000,
    placement: 'device',
    text: { ...tiny.shape, endTokens: [...tiny.shape.endTokens] },
    tokenizer: put(folder, 'tokenizer.json', JSON.stringify(tiny.tokenizer)),
    tokenizerConfig: put(folder, 'tokenizer_config.json', JSON.stringify(tiny.tokenizerConfig)),
    variants: [{ dtype: 'fp32', providers: ['wasm'], weights: put(folder, 'model.onnx', tiny.model) }],
  };
};

/** SmolLM2, as the shipped catalog names it, from a folder in the layout of the hub. */
export const putSmolLm2 =
  (from: string): PutModel =>
  (folder) => {
    const links = {
      'tokenizer.json': 'tokenizer.json',
      'tokenizer_config.json': 'tokenizer_config.json',
      'model_q4.onnx': 'onnx/model_q4.onnx',
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(path.join(from, target), path.join(folder, name));
    let model: ReturnType<PutModel> | undefined;
    changedCatalog(({ models }) => {
      model = models.find(({ id }) => id === 'smollm2');
    });
    const { tokenizer, tokenizerConfig, variants } = model!;
    for (const file of [tokenizer, tokenizerConfig, ...variants.map(({ weights }) => weights)]) {
      if (file) file.path = path.basename(file.path);
    }
    return { ...model!, variants: variants.filter(({ dtype }) => dtype === 'q4') };
  };
