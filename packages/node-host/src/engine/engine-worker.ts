import { parentPort } from 'node:worker_threads';
import type { EngineDelta, EngineInput, EngineModel, EngineOutput } from '@terrace/core';
import { expose, transfer } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from './comlink-errors.js';
import { loadEncoder, type ThreadReport, type ThreadSession } from './encoder.js';

/** What the host may ask of a worker. A worker holds one variant and is ended with it. */
export interface EngineWorker {
  load(model: EngineModel): Promise<ThreadReport>;
  attach(delta: EngineDelta): Promise<void>;
  run(input: EngineInput): Promise<EngineOutput>;
  release(): Promise<void>;
}

let session: ThreadSession | undefined;

const worker: EngineWorker = {
  async load(model) {
    session = await loadEncoder(model, 'worker');
    return session.report;
  },
  attach: (delta) => loaded().attach(delta),
  async run(input) {
    const output = await loaded().run(input);
    // Outputs of native runs may share memory with the runtime; the copy is ours to hand over.
    const values = output.values.slice();
    return transfer({ ...output, values }, [values.buffer]);
  },
  release: () => loaded().release(),
};

function loaded(): ThreadSession {
  if (!session) throw new Error('the worker has loaded nothing');
  return session;
}

useErrorEnvelope();
if (parentPort) expose(worker, nodeEndpoint(parentPort));
