// Holds the browser host to its size: a page pays for every byte before its first answer. Compressed as a server would.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KIB = 1024;
const bundle = new URL('../packages/browser-host/dist/bundle/', import.meta.url);
/** @param {string} file */
const gzipBytes = (file) => gzipSync(readFileSync(new URL(file, bundle)), { level: 9 }).length;

/** What a visit loads for requests to tiers of the device whose models are here and tested, ONNX Runtime aside. */
const LOCAL_RUN = ['index.js', 'runtime-worker.js', 'engine-worker.js'];

/** What brings and tests models; what asks other machines; what counts budgets; what keeps and fits deltas; tokenizers of other kinds than BERT's; what generates text; what gives answers again, and to what is only alike; what keeps documents, and reads them; what both borrow of the runtime; what runs pipelines; what wipes. */
const LATER = [
  'acquire.js',
  'remote.js',
  'budget.js',
  'deltas.js',
  'fit-worker.js',
  'tokenizers.js',
  'text-page.js',
  'text.js',
  'text-worker.js',
  'cache-page.js',
  'semantic.js',
  'documents-page.js',
  'documents-worker.js',
  'documents-pdf-worker.js',
  'lent.js',
  'pipeline-page.js',
  'pipeline-worker.js',
  'wipe-worker.js',
];

const page = gzipBytes('index.js');
const localRun = LOCAL_RUN.reduce((sum, file) => sum + gzipBytes(file), 0);
for (const file of [...LOCAL_RUN, ...LATER]) console.log(`${file}: ${inKib(gzipBytes(file))} gzip`);
report('the page itself', page, 15 * KIB);
report('a request to local tiers', localRun, 60 * KIB);
// In the place of onnxruntime-web's own script, which takes 16 KiB.
report('ONNX Runtime, to drive it', gzipBytes('wasm-runtime.js'), 3 * KIB);
report('a page with a response cache', gzipBytes('cache-page.js'), 42 * KIB);
report('a page with documents', gzipBytes('documents-page.js'), 30 * KIB);
console.log(
  `With what the first visit loads to bring and test models: ${inKib(localRun + gzipBytes('acquire.js'))} gzip`,
);

/**
 * @param {string} what
 * @param {number} bytes
 * @param {number} limitBytes
 */
function report(what, bytes, limitBytes) {
  const holds = bytes <= limitBytes;
  console.log(`JavaScript for ${what}: ${inKib(bytes)} of ${inKib(limitBytes)} gzip${holds ? '' : ': TOO LARGE'}`);
  if (!holds) process.exitCode = 1;
}

/** @param {number} bytes */
function inKib(bytes) {
  return `${(bytes / KIB).toFixed(1)} KiB`;
}
