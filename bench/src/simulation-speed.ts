import { openSimulation } from '@terrace/core/deploy';
import { createHighsSolver } from '@terrace/node-host';
import { FOUR_ARMS, scenarioOf, syntheticTable } from './deploy-worlds.js';
import { printFigures } from './report.js';

const WANTED = 100_000;
const ROUNDS = 7;
const REQUESTS = 200_000;

/** Figure 3 of deployments, the simulation's part: requests a second of one core, with StageRoute and 4 arms. */
export async function simulationSpeed(): Promise<void> {
  const table = syntheticTable(FOUR_ARMS, 1);
  const solver = createHighsSolver();
  const simulation = await openSimulation({ table, scenario: scenarioOf(table, 0.25, { requests: REQUESTS }), solver });
  const rates: number[] = [];
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const fromMs = performance.now();
    await simulation.run({ algorithm: 'stageroute', seed });
    rates.push(REQUESTS / ((performance.now() - fromMs) / 1000));
  }
  await solver.close();
  const middle = rates.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  printFigures('Speed of simulation', [
    {
      name: 'requests a second of one core, 4 arms',
      wanted: `at least ${WANTED}`,
      measured: `${Math.round(middle)}, median of ${ROUNDS}`,
      holds: middle >= WANTED,
    },
  ]);
}
