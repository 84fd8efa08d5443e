import { readFile, stat } from 'node:fs/promises';
import { InvalidDataError } from '@terrace/core';
import {
  readRewardTable,
  readScenarioEvents,
  requireBudget,
  summarise,
  type AlgorithmName,
  type RewardTable,
  type Scenario,
  type SimulationReport,
  type SimulationRun,
} from '@terrace/core/deploy';
import { simulateAll } from '../../simulate/simulate-all.js';
import { requireWritable, writeAtomically } from '../../store/files/atomic-file.js';
import { describeSimulation } from '../describe-simulation.js';
import { EXIT } from '../exit-code.js';
import { print, warn } from '../output.js';
import { startProgress } from '../progress.js';
import type { GlobalFlags } from '../settings.js';
import { algorithmsOf, dearestOf, scenarioOf, type ScenarioFlags } from './simulate-scenario.js';

export interface SimulateFlags extends GlobalFlags, ScenarioFlags {
  readonly data: string;
  readonly seeds: number;
  readonly algorithms?: readonly string[];
  readonly events?: string;
  /** Shares of the dearest model's mean cost. */
  readonly sweep?: readonly number[];
  readonly threads?: number;
  readonly html?: string;
}

/** A longer file is no table of queries; it is held in memory twice while it is read. */
const MAX_BYTES = 200 * 1024 * 1024;

/** `terrace simulate`: what each algorithm would have made of a table of rewards and costs. */
export async function simulateCommand(flags: SimulateFlags, signal: AbortSignal): Promise<number> {
  const table = naming(flags.data, readRewardTable, await readText(flags.data));
  const events =
    flags.events === undefined
      ? []
      : naming(flags.events, (text) => readScenarioEvents(text, table.arms), await readText(flags.events));
  const scenario = scenarioOf(table, flags, events);
  const algorithms = algorithmsOf(flags.algorithms, table, warn);
  if (flags.html !== undefined) await requireWritable(flags.html);
  const { runs, report } = await simulated(table, scenario, algorithms, flags, signal);
  if (flags.html !== undefined) {
    // Loaded here: nothing else has to wait for what draws.
    const { renderSimulation } = await import('../../reports/render-simulation.js');
    await writeAtomically(flags.html, await renderSimulation(report, runs));
  }
  // What is unknown is null: a program finds every field.
  if (flags.json) print(JSON.stringify(report, (_, value: unknown) => (value === undefined ? null : value), 2));
  else print(describeSimulation(report));
  return EXIT.answered;
}

async function simulated(
  table: RewardTable,
  scenario: Scenario,
  algorithms: readonly AlgorithmName[],
  { seeds, sweep = [], threads, budgetShare }: SimulateFlags,
  signal: AbortSignal,
): Promise<{ readonly runs: readonly SimulationRun[]; readonly report: SimulationReport }> {
  const others = sweep
    .filter((share) => share !== budgetShare)
    .map((share) => ({ ...scenario, settings: { ...scenario.settings, budget: share * dearestOf(table) } }));
  for (const each of [scenario, ...others]) requireBudget(table, each);
  const progress = startProgress('simulating', process.stderr, 'steps');
  try {
    const [runs = [], ...swept] = await simulateAll({
      table,
      scenarios: [scenario, ...others],
      algorithms,
      seeds,
      threads,
      signal,
      onProgress: progress.update,
    });
    return { runs, report: summarise(runs, table, scenario, swept.flat()) };
  } finally {
    progress.end();
  }
}

/** Of what is wrong in a file, its name as well. */
function naming<T>(file: string, read: (text: string) => T, text: string): T {
  try {
    return read(text);
  } catch (error) {
    if (!InvalidDataError.isInstance(error)) throw error;
    const { message, hint, facts } = error;
    throw new InvalidDataError({ message: `${file}: ${message}`, hint, facts: { ...facts, file }, cause: error });
  }
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, and at most ${MAX_BYTES} are read`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new InvalidDataError({
      message: `${file} cannot be read: ${(cause as Error).message}.`,
      hint: 'Check the path and its permissions.',
      facts: { file },
      cause,
    });
  }
}
