import { parentPort } from 'node:worker_threads';
import { fitCalibration } from '@terrace/core';
import { fitHead } from '@terrace/core/deltas';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { fitFactors } from './fit-factors.js';
import type { FitProgressMessage, FitWork } from './fit-work.js';
import { createOrtMatMul } from './ort-mat-mul.js';

if (!parentPort) throw new Error('this file is started as a worker thread');
const port = parentPort;

const matMul = createOrtMatMul();
let control = new AbortController();

const onProgress = (progress: FitProgressMessage['progress']): void => port.postMessage({ progress });

function watched(): { readonly signal: AbortSignal; readonly onProgress: typeof onProgress } {
  control = new AbortController();
  return { signal: control.signal, onProgress };
}

const work: FitWork = {
  fitHead: (job) => fitHead(job, { matMul, ...watched() }),
  fitFactors: (job) => fitFactors(job, { matMul, ...watched() }),
  calibrate: async (input) => fitCalibration({ ...input, onLadder: (done, total) => onProgress({ done, total }) }),
  // It arrives between two evaluations: a product of onnxruntime-node begins in a turn of its own.
  stop: async () => control.abort(),
};

useErrorEnvelope();
expose(work, nodeEndpoint(port));
