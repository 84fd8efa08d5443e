// Puts the command and its worker threads into a few files. Node spends more time finding and linking two hundred
// small modules than running them: bundled, the first answer comes in half the time. The library stays as tsc wrote it.
import { rm } from 'node:fs/promises';
import { rolldown } from 'rolldown';

const host = new URL('../packages/node-host/', import.meta.url);
const compiled = (path) => new URL(`dist/${path}`, host).pathname;
const target = compiled('bundle');

/** Native code, and what is loaded on rare paths only, stays in packages of its own. */
const external = [/^onnxruntime-node/, /^libsql/, /^systeminformation/];

const build = await rolldown({
  input: {
    terrace: compiled('cli/main.js'),
    'engine-worker': compiled('engine/engine-worker.js'),
    'compute-probe-worker': compiled('probe/compute-probe-worker.js'),
  },
  platform: 'node',
  external,
  logLevel: 'warn',
});
await rm(target, { recursive: true, force: true });
await build.write({ dir: target, format: 'esm', chunkFileNames: '[name]-[hash].js' });
await build.close();
