import { DEFAULT_STAGE_ROUTE, type RewardTable, type Scenario } from '@terrace/core/deploy';
import { EngineError } from '@terrace/core/engine';
import { seededRandom } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { simulateAll, type SimulateAllOptions } from './simulate-all.js';

/** The bundled one: a thread of Vitest would look for core's sources. */
const workerUrl = new URL('../../dist/bundle/simulate-worker.js', import.meta.url);

const random = seededRandom(1);
const column = (mean: number): Float64Array => Float64Array.from({ length: 200 }, () => mean * (0.5 + random()));
const table: RewardTable = {
  arms: ['a', 'b'],
  rows: 200,
  rewards: [column(0.3), column(0.6)],
  costs: [column(0.001), column(0.01)],
};

const scenario = (budget: number): Scenario => ({
  windows: 2,
  requests: 5000,
  events: [],
  settings: { ...DEFAULT_STAGE_ROUTE, maxLive: 2, budget },
  carries: [1, 1],
  fixedCost: [0, 0],
});

const all = (options: Partial<SimulateAllOptions> = {}) =>
  simulateAll({
    table,
    scenarios: [scenario(0.003), scenario(0.006)],
    algorithms: ['stageroute', 'greedy'],
    seeds: 4,
    threads: 2,
    workerUrl,
    ...options,
  });

describe('simulations in threads', () => {
  it('come out alike in one thread and in two, by scenario, algorithm and seed', async () => {
    const told: number[] = [];
    const two = await all({ onProgress: (done, total) => told.push(done, total) });
    expect(two).toEqual(await all({ threads: 1 }));
    expect(two.map((runs) => runs.map(({ algorithm, seed }) => `${algorithm} ${seed}`))).toEqual(
      [0, 1].map(() => ['stageroute', 'greedy'].flatMap((name) => [1, 2, 3, 4].map((seed) => `${name} ${seed}`))),
    );
    expect(told.slice(-2)).toEqual([16, 16]);
  });

  it('end with their caller', async () => {
    const reason = new Error('nobody waits');
    await expect(all({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const control = new AbortController();
    const ended = all({ seeds: 1000, signal: control.signal, onProgress: () => control.abort(reason) });
    await expect(ended).rejects.toBe(reason);
  });

  it('fail with what went wrong in a thread', async () => {
    await expect(all({ scenarios: [scenario(1e-9)] })).rejects.toMatchObject({ code: 'INFEASIBLE_BUDGET' });
    const dying = new URL('data:text/javascript,process.exit(3)');
    await expect(all({ workerUrl: dying })).rejects.toThrow(EngineError);
  });
});
