import { Worker } from 'node:worker_threads';
import type { SimulationRun } from '@terrace/core/deploy';
import type { Lifeline } from '@terrace/core/engine';
import { releaseProxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { watchWorker } from '../engine/worker-life.js';
import type { SimulateWork, SimulationBlock, SimulationMaterial } from './simulate-work.js';

/** A thread that simulates. */
export interface SimulateThread {
  /** @throws EngineError when the thread has ended */
  simulate(block: SimulationBlock): Promise<readonly SimulationRun[]>;
  end(): Promise<void>;
}

export function startSimulateThread(workerUrl: URL, material: SimulationMaterial): SimulateThread {
  useErrorEnvelope();
  const worker = new Worker(workerUrl, { name: 'terrace-simulate', execArgv: [], workerData: material });
  const remote = wrap<SimulateWork>(nodeEndpoint(worker));
  const life: Lifeline = watchWorker(worker, () => 'a simulation');
  return {
    simulate: (block) => life.guard(() => remote.simulate(block)),
    async end() {
      remote[releaseProxy]();
      await worker.terminate();
    },
  };
}
