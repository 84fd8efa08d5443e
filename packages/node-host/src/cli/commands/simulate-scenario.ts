import { InvalidRequestError } from '@terrace/core';
import {
  ALGORITHMS,
  DEFAULT_STAGE_ROUTE,
  MOST_SAMPLES,
  parseScenarioEvent,
  type AlgorithmName,
  type PaceKind,
  type RewardTable,
  type Scenario,
  type ScenarioEvent,
  type StatisticsKind,
} from '@terrace/core/deploy';

/** What is simulated, as flags say it. */
export interface ScenarioFlags {
  readonly windows: number;
  readonly maxModels: number;
  /** In US dollars a request. */
  readonly budget?: number;
  readonly budgetShare?: number;
  readonly passes: number;
  readonly arrive?: readonly string[];
  readonly price?: readonly string[];
  readonly shift?: readonly string[];
  /** In US dollars a window. */
  readonly fixedCost?: number;
  readonly statistics?: string;
  readonly multiplier?: number;
  readonly pace?: PaceKind;
  readonly trialShare?: number;
}

/** @param events those of a file @throws InvalidRequestError */
export function scenarioOf(table: RewardTable, flags: ScenarioFlags, events: readonly ScenarioEvent[]): Scenario {
  const { arms, rows } = table;
  const parsed = (kind: 'arrival' | 'price' | 'quality', texts: readonly string[] = []): ScenarioEvent[] =>
    texts.map((text) => parseScenarioEvent(kind, text, arms));
  const { statistics, multiplier, pace, trialShare } = flags;
  return {
    windows: flags.windows,
    requests: rows * flags.passes,
    events: [
      ...events,
      ...parsed('arrival', flags.arrive),
      ...parsed('price', flags.price),
      ...parsed('quality', flags.shift),
    ],
    settings: {
      ...DEFAULT_STAGE_ROUTE,
      maxLive: flags.maxModels,
      budget: budgetOf(table, flags),
      ...(statistics !== undefined && { statistics: statisticsOf(statistics) }),
      ...(multiplier !== undefined && { multiplier }),
      ...(pace !== undefined && { pace }),
      ...(trialShare !== undefined && { trialShare }),
    },
    carries: arms.map(() => 1),
    fixedCost: arms.map(() => flags.fixedCost ?? 0),
  };
}

/** Mean cost of the dearest arm, in US dollars. */
export const dearestOf = ({ costs }: RewardTable): number =>
  Math.max(...costs.map((column) => column.reduce((sum, cost) => sum + cost, 0) / column.length));

function budgetOf(table: RewardTable, { budget, budgetShare }: ScenarioFlags): number {
  if (budget !== undefined) return budget;
  if (budgetShare !== undefined) return budgetShare * dearestOf(table);
  throw new InvalidRequestError({
    message: 'There is no budget to keep to.',
    hint: 'Say what a request may cost on average: --budget 0.002, or --budget-share 25%.',
  });
}

function statisticsOf(text: string): StatisticsKind {
  const [kind, rest] = text.split(':', 2);
  const value = rest === undefined || rest === '' ? undefined : Number(rest);
  const between = (low: number, high: number): boolean => value !== undefined && value > low && value < high;
  if (kind === 'plain' && value === undefined) return { kind };
  if (kind === 'sliding' && Number.isInteger(value) && between(0, MOST_SAMPLES + 1)) return { kind, samples: value! };
  if (kind === 'discounted' && between(0, 1)) return { kind, factor: value! };
  if (kind === 'change-detection' && between(0, 1)) return { kind, alpha: value! };
  throw new InvalidRequestError({
    message: `"${text.slice(0, 40)}" are no statistics.`,
    hint: 'Write plain, sliding:1000 (answers of each model), discounted:0.999, or change-detection:0.05.',
  });
}

/**
 * All but those that the table has nothing for.
 * @param names those that were asked for; all without it
 */
export function algorithmsOf(
  names: readonly string[] | undefined,
  { features }: RewardTable,
  warn: (line: string) => void,
): readonly AlgorithmName[] {
  const known = (name: string): name is AlgorithmName => (ALGORITHMS as readonly string[]).includes(name);
  const unknown = names?.find((name) => !known(name));
  if (unknown !== undefined) {
    throw new InvalidRequestError({
      message: `There is no algorithm "${unknown.slice(0, 40)}".`,
      hint: `Use some of: ${ALGORITHMS.join(', ')}.`,
    });
  }
  const wanted = ALGORITHMS.filter((name) => names?.includes(name) ?? true);
  if (features) return wanted;
  if (names?.includes('contextual')) warn('contextual is left out: the rows of the table have no "features"');
  const left = wanted.filter((name) => name !== 'contextual');
  if (left.length > 0) return left;
  throw new InvalidRequestError({
    message: 'No algorithm is left to simulate.',
    hint: 'Give every row of the table "features", a list of numbers, or name other algorithms.',
  });
}
