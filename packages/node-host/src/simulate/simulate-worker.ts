import { parentPort, workerData } from 'node:worker_threads';
import { openSimulation, type Simulation, type SimulationRun } from '@terrace/core/deploy';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { createHighsSolver } from '../deploy/highs-solver.js';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import type { SimulateWork, SimulationMaterial } from './simulate-work.js';

if (!parentPort) throw new Error('this file is started as a worker thread');

const { table, scenarios } = workerData as SimulationMaterial;
const solver = createHighsSolver();
/** By the number of a scenario. */
const opened = new Map<number, Promise<Simulation>>();

function simulationOf(number: number): Promise<Simulation> {
  const simulation = opened.get(number) ?? openSimulation({ table, scenario: scenarios[number]!, solver });
  opened.set(number, simulation);
  return simulation;
}

const work: SimulateWork = {
  async simulate({ scenario, algorithm, seeds }) {
    const simulation = await simulationOf(scenario);
    const runs: SimulationRun[] = [];
    for (const seed of seeds) runs.push(await simulation.run({ algorithm, seed }));
    return runs;
  },
};

useErrorEnvelope();
expose(work, nodeEndpoint(parentPort));
