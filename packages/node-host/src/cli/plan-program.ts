import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { PlanFlags } from './commands/plan.js';
import { parseCostUsd, parseShare } from './quantities.js';

/** Makes `terrace plan` of a command that has the flags every command has. */
export function addPlanFlags(plan: Command, signal: AbortSignal, done: (code: number) => void): void {
  plan
    .requiredOption('--budget <limit>', 'what all of it may cost, e.g. 20/month')
    .option('--requests <rate>', "how many there will be, e.g. 100000/month; the ledger's last 30 days without it")
    .option('--hardware <file>', 'a JSON list of machines to compare; this device without it')
    .option('--domain <domain>', 'the domain of the requests')
    .option('--min-accuracy <share>', 'choose the cheapest that is so accurate, e.g. 90%', parseShare)
    .addOption(
      new Option('--accuracy <tier=share>', 'what a tier that nothing is known of is taken to be, e.g. "cloud=95%"')
        .argParser((text: string, before: ReadonlyMap<string, number> = new Map()) => parseAccuracy(text, before))
        .default(new Map(), 'none'),
    )
    .option('--energy-price <usd>', 'US dollars a kilowatt-hour', parseCostUsd, 0.3)
    .addOption(
      new Option('--residency <place>', 'furthest place texts may go')
        .choices(['device', 'site', 'cloud'])
        .default('cloud'),
    )
    .option('--html <file>', 'write a report with a plot and tables to this file')
    .action(async (flags: PlanFlags) => {
      const { planCommand } = await import('./commands/plan.js');
      done(await planCommand(flags, signal));
    });
}

/** May be given again, for other tiers. */
function parseAccuracy(text: string, before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const at = text.lastIndexOf('=');
  if (at > 0) return new Map([...before, [text.slice(0, at), parseShare(text.slice(at + 1))]]);
  throw new InvalidRequestError({
    message: `"${text.slice(0, 40)}" is no tier with its accuracy.`,
    hint: 'Write it like cloud=95%.',
  });
}
