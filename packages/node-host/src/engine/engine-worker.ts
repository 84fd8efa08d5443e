import { parentPort } from 'node:worker_threads';
import type { EngineDelta, EngineInput, EngineModel, EngineOutput } from '@terrace/core/engine';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from './comlink-errors.js';
import { loadEncoder, type ThreadReport, type ThreadSession } from './encoder.js';
import { createLinger } from './linger.js';

/** What the host may ask of a worker. A worker holds one variant at a time. */
export interface EngineWorker {
  load(model: EngineModel): Promise<ThreadReport>;
  attach(delta: EngineDelta): Promise<void>;
  detach(deltaId: string): Promise<void>;
  run(input: EngineInput): Promise<EngineOutput>;
  runBatch(inputs: readonly EngineInput[]): Promise<EngineOutput[]>;
  release(): Promise<void>;
}

if (!parentPort) throw new Error('this file is started as a worker thread');

const linger = createLinger(parentPort);
let session: ThreadSession | undefined;

const worker: EngineWorker = {
  async load(model) {
    session = await loadEncoder(model, 'worker');
    return session.report;
  },
  attach: (delta) => loaded().attach(delta),
  detach: (deltaId) => loaded().detach(deltaId),
  run: (input) => thenLinger(loaded().run(input)),
  // What follows a batch is another one, and takes long enough for a thread to be woken.
  runBatch: (inputs) => loaded().runBatch(inputs),
  async release() {
    await loaded().release();
    session = undefined;
  },
};

async function thenLinger<T>(run: Promise<T>): Promise<T> {
  const output = await run;
  // By then the answer is on its way.
  setImmediate(linger);
  return output;
}

function loaded(): ThreadSession {
  if (!session) throw new Error('the worker has loaded nothing');
  return session;
}

useErrorEnvelope();
expose(worker, nodeEndpoint(parentPort));
