// Holds the kiosk to its size: what a visitor loads that finds the models kept, ONNX Runtime aside, as a server compresses it.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import buildKiosk from './build-kiosk.js';

const KB = 1000;
const LIMIT_BYTES = 150 * KB;

/** In the page's own thread, from the first question to the chart of its answer; and in the workers that compute it. */
const PAGE = ['index', 'bundle', 'latency-chart', 'service-worker'];
const WORKERS = ['runtime-worker', 'engine-worker', 'wasm-runtime'];
/** Answers from memory, once there is a first answer. */
const MEMORY = ['cache-page', 'lent'];
/** Brings and tests models; asks servers; counts budgets; keeps and fits deltas, and the panel for it; reads other tokenizers; generates text, and the panel for it; wipes; answers what is only alike: loaded by who needs it. */
const LATER = [
  'acquire',
  'remote',
  'budget',
  'deltas',
  'fit-worker',
  'teach-panel',
  'tokenizers',
  'chat-panel',
  'text',
  'text-worker',
  'wipe-worker',
  'semantic',
];

buildKiosk();
const assets = new URL('../examples/kiosk/dist/assets/', import.meta.url);
const scripts = readdirSync(assets).filter((file) => file.endsWith('.js'));
const known = [...PAGE, ...WORKERS, ...MEMORY, ...LATER];

/** A name that Vite has given to a script. @param {string} file */
const nameOf = (file) => file.replace(/-[\w-]{8}\.js$/, '');
const unknown = scripts.filter((file) => !known.includes(nameOf(file)));
if (unknown.length > 0) throw new Error(`nobody has said when these are loaded: ${unknown.join(', ')}`);

/** @param {readonly string[]} names */
const gzipBytes = (names) =>
  scripts
    .filter((file) => names.includes(nameOf(file)))
    .reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, assets)), { level: 9 }).length, 0);

const bytes = gzipBytes([...PAGE, ...WORKERS]);
const holds = bytes < LIMIT_BYTES;
console.log(
  `JavaScript of the kiosk: ${inKb(bytes)} of ${inKb(LIMIT_BYTES)} gzip, ${inKb(gzipBytes(PAGE))} of it in the page's own ` +
    `thread${holds ? '' : ': TOO LARGE'}`,
);
console.log(`With what its first visit loads to bring and test models: ${inKb(bytes + gzipBytes(['acquire']))}`);
console.log(`To answer from memory, after its first answer: ${inKb(gzipBytes(MEMORY))}, and what brings models`);
if (!holds) process.exitCode = 1;

/** @param {number} count */
function inKb(count) {
  return `${(count / KB).toFixed(1)} KB`;
}
