// Puts every script of the browser host into a file of its own that names no other, beside the files of ONNX Runtime
// as they are published. A page finds them by `new URL('./file', import.meta.url)`, which every bundler understands,
// and nothing else has to be resolved: a worker has no import map, and a bundler's worker no chunks.
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { minifyAll } from './minify.js';

const host = new URL('../packages/browser-host/', import.meta.url);
const target = fileURLToPath(new URL('dist/bundle/', host));
const fresh = `${target.slice(0, -1)}.${process.pid}/`;

/** File in the bundle, and the compiled module it is made of. */
const SCRIPTS = {
  index: 'index.js',
  'runtime-worker': 'worker/runtime-worker.js',
  'engine-worker': 'engine/engine-worker.js',
  acquire: 'worker/acquire.js',
  remote: 'worker/remote.js',
  budget: 'worker/budget.js',
  deltas: 'worker/deltas.js',
  'fit-worker': 'fit/fit-worker.js',
  tokenizers: 'engine/tokenizers.js',
  'wasm-runtime': 'engine/wasm/wasm-runtime.js',
  'text-page': 'text-page.js',
  text: 'worker/text.js',
  'cache-page': 'cache-page.js',
  semantic: 'cache/semantic-page.js',
  'documents-page': 'documents-page.js',
  'documents-worker': 'documents/documents-worker.js',
  'documents-pdf-worker': 'documents/documents-pdf-worker.js',
  lent: 'worker/lent.js',
  'text-worker': 'engine/text/text-worker.js',
  'pipeline-page': 'pipeline-page.js',
  'pipeline-worker': 'pipeline/pipeline-worker.js',
  'wipe-worker': 'wipe/wipe-worker.js',
  'service-worker': 'service-worker/service-worker.js',
  sw: 'service-worker/ready-made-worker.js',
};

/** Mostly the work of others that is as short as it gets: what a second minifier saves there is not worth a minute of a build. */
const MINIFIED = new Set(['documents-pdf-worker']);

/** An error is called by the name of its class. */
const CLASSES = { function: false, class: true };
/**
 * The bundler makes variables of classes, and terser shortens those: a class without a name of its own is called as they are.
 * What is thrown is never a plain TerraceError, and an EnvelopedError is called what it was on the other side.
 */
const NAMELESS = /\b((?!TerraceError|EnvelopedError)[A-Z]\w*(?:Error|Failure))=class extends/g;

/** File in the bundle, and the file of onnxruntime-web it is a copy of. */
const ONNX_RUNTIME = {
  'ort-wasm.mjs': 'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.mjs': 'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm': 'ort-wasm-simd-threaded.wasm',
  'ort-webgpu.mjs': 'ort.webgpu.min.mjs',
  'ort-wasm-simd-threaded.asyncify.mjs': 'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm': 'ort-wasm-simd-threaded.asyncify.wasm',
};

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
/** @type {Set<string>} */
const packages = new Set(['onnxruntime-web']);
/** @type {Map<string, string>} */
const bundled = new Map();
for (const [name, source] of Object.entries(SCRIPTS)) await bundle(name, source);
for (const [name, code] of await minifyAll(bundled)) await writeFile(`${fresh}${name}.js`, code);
for (const [name, source] of Object.entries(ONNX_RUNTIME)) await copy(name, source);
await writeFile(`${fresh}THIRD-PARTY-NOTICES.txt`, await notices());
// Written aside and swapped in: whoever serves it meanwhile has a whole one.
await rm(target, { recursive: true, force: true });
await rename(fresh, target);

/**
 * @param {string} name
 * @param {string} source
 */
async function bundle(name, source) {
  const build = await rolldown({
    input: { [name]: fileURLToPath(new URL(`dist/${source}`, host)) },
    platform: 'browser',
    logLevel: 'warn',
  });
  const { output } = await build.generate({
    format: 'esm',
    codeSplitting: false,
    minify: { mangle: { keepNames: CLASSES }, compress: { keepNames: CLASSES }, codegen: true },
    comments: { legal: false },
  });
  await build.close();
  const [script] = output;
  script.moduleIds.forEach(notePackage);
  if (MINIFIED.has(name)) return writeFile(`${fresh}${name}.js`, script.code);
  bundled.set(name, script.code.replaceAll(NAMELESS, '$1=class $1 extends'));
}

/** @param {string} moduleId */
function notePackage(moduleId) {
  const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(moduleId)?.[1];
  if (name) packages.add(name);
}

/**
 * @param {string} name
 * @param {string} source
 */
async function copy(name, source) {
  const from = fileURLToPath(new URL(`../node_modules/onnxruntime-web/dist/${source}`, import.meta.url));
  if (!source.endsWith('.mjs')) return copyFile(from, fresh + name);
  // The map is not shipped: a browser would ask for it in vain.
  const script = await readFile(from, 'utf8');
  await writeFile(fresh + name, script.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, '\n'));
}

/** What the licences of bundled packages ask for. */
async function notices() {
  const texts = [];
  for (const name of [...packages].toSorted()) {
    const folder = new URL(`../node_modules/${name}/`, import.meta.url);
    const { version, license } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8'));
    texts.push(`${name} ${version} (${license})\n\n${await licenceText(folder)}`);
  }
  return `${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** @param {URL} folder */
async function licenceText(folder) {
  for (const file of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license']) {
    const text = await readFile(new URL(file, folder), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return 'The package carries no licence text beside this name.\n';
}
