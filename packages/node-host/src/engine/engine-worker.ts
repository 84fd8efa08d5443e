import { parentPort } from 'node:worker_threads';
import { createEngineWorker, loadEncoder, type EngineWorker } from '@terrace/core/engine';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from './comlink-errors.js';
import { encoderHost as host } from './encoder-host.js';
import { createLinger } from './linger.js';

if (!parentPort) throw new Error('this file is started as a worker thread');

const linger = createLinger(parentPort);
const worker = createEngineWorker((model) => loadEncoder({ model, thread: 'worker', host }));

// What follows a batch is another one, and takes long enough for a thread to be woken.
const lingering: EngineWorker = { ...worker, run: (input) => thenLinger(worker.run(input)) };

async function thenLinger<T>(run: Promise<T>): Promise<T> {
  const output = await run;
  // By then the answer is on its way.
  setImmediate(linger);
  return output;
}

useErrorEnvelope();
expose(lingering, nodeEndpoint(parentPort));
