import { availableParallelism } from 'node:os';
import type { AlgorithmName, RewardTable, Scenario, SimulationRun } from '@terrace/core/deploy';
import { waitFor } from '@terrace/core/engine';
import { shareTable } from './share-table.js';
import { startSimulateThread } from './simulate-thread.js';
import type { SimulationBlock } from './simulate-work.js';

export interface SimulateAllOptions {
  readonly table: RewardTable;
  readonly scenarios: readonly Scenario[];
  readonly algorithms: readonly AlgorithmName[];
  /** How many: they are 1, 2, ... */
  readonly seeds: number;
  readonly signal?: AbortSignal | undefined;
  /** Counts runs. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** All cores but one without it. */
  readonly threads?: number | undefined;
  /** The compiled worker; whoever runs from sources names the built one. */
  readonly workerUrl?: URL | undefined;
}

/** Requests of a block: about a second's work, so that threads end together and an onlooker sees it go on. */
const BLOCK_REQUESTS = 300_000;

/**
 * Simulates every seed of every algorithm in every scenario, in threads. How many there are does not change what comes out.
 * @returns by scenario: its runs, by algorithm and seed in the order asked for
 * @throws EngineError when a thread ends before its work; the reason of the signal when that is aborted
 */
export async function simulateAll(options: SimulateAllOptions): Promise<readonly (readonly SimulationRun[])[]> {
  const { table, scenarios, algorithms, seeds, signal, onProgress } = options;
  const { threads = Math.max(1, availableParallelism() - 1), workerUrl = WORKER } = options;
  signal?.throwIfAborted();
  const blocks = blocksOf(options);
  const runs = new Map<SimulationBlock, readonly SimulationRun[]>();
  const total = scenarios.length * algorithms.length * seeds;
  const material = { table: shareTable(table), scenarios };
  const pool = Array.from({ length: Math.min(threads, blocks.length) }, () => startSimulateThread(workerUrl, material));
  const queue = blocks.values();
  let done = 0;
  const works = pool.map(async (thread) => {
    // One queue for all: whoever is free takes the next block.
    for (const block of queue) {
      runs.set(block, await thread.simulate(block));
      done += block.seeds.length;
      onProgress?.(done, total);
    }
  });
  try {
    await waitFor(Promise.all(works), signal);
  } finally {
    await Promise.all(pool.map((thread) => thread.end()));
    await Promise.allSettled(works);
  }
  return scenarios.map((_, number) =>
    blocks.filter(({ scenario }) => scenario === number).flatMap((block) => runs.get(block)!),
  );
}

const WORKER = new URL('./simulate-worker.js', import.meta.url);

function blocksOf({ scenarios, algorithms, seeds }: SimulateAllOptions): readonly SimulationBlock[] {
  return scenarios.flatMap(({ requests }, scenario) => {
    const size = Math.max(1, Math.round(BLOCK_REQUESTS / requests));
    return algorithms.flatMap((algorithm) =>
      Array.from({ length: Math.ceil(seeds / size) }, (_, block) => ({
        scenario,
        algorithm,
        seeds: Array.from({ length: Math.min(size, seeds - block * size) }, (__, i) => block * size + i + 1),
      })),
    );
  });
}
