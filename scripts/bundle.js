// Puts the command and its worker threads into a few files. Node spends more time finding and linking two hundred
// small modules than running them: bundled, the first answer comes in half the time. The library stays as tsc wrote it.
import { rename, rm } from 'node:fs/promises';
import { rolldown } from 'rolldown';

const host = new URL('../packages/node-host/', import.meta.url);
/** @param {string} path */
const compiled = (path) => new URL(`dist/${path}`, host).pathname;
const target = compiled('bundle');

/** Native code, and what is loaded on rare paths only, stays in packages of its own. */
const external = [
  /^onnxruntime-node/,
  /^libsql/,
  /^systeminformation/,
  /^highs/,
  /^@observablehq/,
  /^linkedom/,
  /^@huggingface\/transformers/,
  /^unpdf/,
  /^parse5/,
  /^markdown-it/,
];

const build = await rolldown({
  input: {
    terrace: compiled('cli/main.js'),
    'engine-worker': compiled('engine/engine-worker.js'),
    'text-worker': compiled('engine/text/text-worker.js'),
    'pipeline-worker': compiled('pipeline/pipeline-worker.js'),
    'ledger-worker': compiled('ledger/ledger-worker.js'),
    'fit-worker': compiled('fit/fit-worker.js'),
    'solver-worker': compiled('deploy/solver-worker.js'),
    'simulate-worker': compiled('simulate/simulate-worker.js'),
    'documents-worker': compiled('documents/documents-worker.js'),
    'compute-probe-worker': compiled('probe/compute-probe-worker.js'),
  },
  platform: 'node',
  external,
  logLevel: 'warn',
});
// Written aside and swapped in: whoever starts the command meanwhile finds a whole one.
const fresh = `${target}.new`;
await build.write({
  dir: fresh,
  format: 'esm',
  chunkFileNames: '[name]-[hash].js',
  // Exit codes name errors of every room: alone, each brought the chunk of its room along, as that of documents.
  codeSplitting: { groups: [{ name: 'errors', test: /core\/dist\/errors\// }] },
});
await build.close();
await rm(target, { recursive: true, force: true });
await rename(fresh, target);
