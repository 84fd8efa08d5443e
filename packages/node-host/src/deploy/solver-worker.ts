import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { createHighsSolver } from './highs-solver.js';

if (!parentPort) throw new Error('this file is started as a worker thread');

useErrorEnvelope();
expose(createHighsSolver(), nodeEndpoint(parentPort));
