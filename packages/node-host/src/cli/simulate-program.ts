import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { SimulateFlags } from './commands/simulate.js';
import { parseAmount, parseCostUsd, parseCount, parseShare } from './quantities.js';

/** Makes `terrace simulate` of a command that has the flags every command has. */
export function addSimulateFlags(simulate: Command, signal: AbortSignal, done: (code: number) => void): void {
  simulate
    .requiredOption('--data <file>', 'rewards and costs by query: one {"arms": {"name": {"reward", "cost"}}} a line')
    .option('--windows <n>', 'windows; in each of them the live models are chosen anew', parseCount, 10)
    .option('--max-models <n>', 'most models that are live at once', parseCount, 3)
    .addOption(new Option('--budget <usd>', 'mean cost of a request').argParser(parseCostUsd).conflicts('budgetShare'))
    .option('--budget-share <share>', "the same, as a share of the dearest model's mean cost", parseShare)
    .option('--passes <n>', 'how often every query is asked', parseCount, 5)
    .option('--seeds <n>', 'repetitions, each in an order of its own', parseSeeds, 50)
    .option('--algorithms <names>', 'only these, e.g. "stageroute,greedy"', parseNames)
    .addOption(
      repeated('--arrive <model@window>', 'the model is there from this window on (the first is 0), e.g. "name@3"'),
    )
    .addOption(repeated('--price <model@window:xfactor>', 'its calls cost this many times as much, e.g. "name@5:x0.5"'))
    .addOption(repeated('--shift <model@window:shift>', 'its rewards change by this much, e.g. "name@6:-0.1"'))
    .option(
      '--events <file>',
      'a JSON list of arrivals, departures, prices and shifts, instead of flags or beside them',
    )
    .option('--fixed-cost <usd>', 'what a live model costs in each window beside its calls', parseCostUsd)
    .option('--statistics <kind>', 'plain, sliding:1000, discounted:0.999 or change-detection:0.05')
    .option('--multiplier <n>', 'of the radius of the bounds; 1 is the published form', parseAmount)
    .addOption(
      new Option('--pace <kind>', 'what a request may cost; fixed is the published form').choices(['fixed', 'paced']),
    )
    .option('--trial-share <share>', 'least share of a new model in its first window', parseShare)
    .option(
      '--sweep <shares>',
      'other budgets for the area under cost and quality (AIQ), e.g. "5,10,25,50,75"',
      parseSweep,
    )
    .option('--html <file>', 'write a report with plots and tables to this file')
    .option('--threads <n>', 'how many run beside each other; all cores but one without it', parseCount)
    .action(async (flags: SimulateFlags) => {
      const { simulateCommand } = await import('./commands/simulate.js');
      done(await simulateCommand(flags, signal));
    });
}

const repeated = (flags: string, description: string): Option =>
  new Option(flags, `${description}; may be given again`).argParser((text: string, before: readonly string[] = []) => [
    ...before,
    text,
  ]);

/** All runs are kept until the report: more of them do not fit. */
const MOST_SEEDS = 10_000;

function parseSeeds(text: string): number {
  const seeds = parseCount(text);
  if (seeds <= MOST_SEEDS) return seeds;
  throw new InvalidRequestError({
    message: `${text.slice(0, 40)} seeds are too many.`,
    hint: `Simulate at most ${MOST_SEEDS.toLocaleString('en')}: 50 tell most of it.`,
  });
}

const parseNames = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

/** Percentages of the dearest model's mean cost, as shares. */
function parseSweep(text: string): readonly number[] {
  const shares = text.split(',').map((each) => Number(each.trim() || NaN) / 100);
  if (shares.every((share) => share > 0 && share <= 1)) return shares;
  throw new InvalidRequestError({
    message: `"${text.slice(0, 40)}" is no list of percentages.`,
    hint: 'Write percentages of the dearest model\'s mean cost, such as "5,10,25,50,75".',
  });
}
