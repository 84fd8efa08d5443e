import { parentPort } from 'node:worker_threads';
import type { EngineDelta, EngineInput, EngineModel, EngineOutput } from '@terrace/core/engine';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from './comlink-errors.js';
import { loadEncoder, type ThreadReport, type ThreadSession } from './encoder.js';
import { createLinger } from './linger.js';

/** What the host may ask of a worker. A worker holds one variant and is ended with it. */
export interface EngineWorker {
  load(model: EngineModel): Promise<ThreadReport>;
  attach(delta: EngineDelta): Promise<void>;
  run(input: EngineInput): Promise<EngineOutput>;
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
  async run(input) {
    const output = await loaded().run(input);
    // By then the answer is on its way.
    setImmediate(linger);
    return output;
  },
  release: () => loaded().release(),
};

function loaded(): ThreadSession {
  if (!session) throw new Error('the worker has loaded nothing');
  return session;
}

useErrorEnvelope();
expose(worker, nodeEndpoint(parentPort));
