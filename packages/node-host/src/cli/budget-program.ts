import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { BudgetSetFlags } from './commands/budget-set.js';
import { parseShare } from './quantities.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace budget` of a command that has the flags every command has; each action is a subcommand. */
export function addBudgetActions(budget: Command, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    budget.command(name).description(description).configureHelp({ showGlobalOptions: true });

  action('show', 'what is spent, held and left of each budget, and when it begins anew').action(
    async (_, command: Command) => {
      const { budgetShow } = await import('./commands/budget-show.js');
      done(await budgetShow(flagsOf(command)));
    },
  );

  action('forecast [id]', 'what each budget will have taken at the end of its period, and when it is spent').action(
    async (id: string | undefined, _, command: Command) => {
      const { budgetForecast } = await import('./commands/budget-forecast.js');
      done(await budgetForecast(id, flagsOf(command)));
    },
  );

  action('set <limit>', 'limit money, bytes or joules: 20/month, 0.01/request, 100MiB/day, 3.6MJ/month')
    .option('--soft', 'once it is spent, cheaper tiers answer; one that costs is asked where nothing else can')
    .option('--hard', 'once it is spent, nothing that costs is asked (unless told otherwise)')
    .addOption(
      new Option('--when-spent <what>', 'hard: `local` answers without what costs, `refuse` answers nothing').choices([
        'local',
        'refuse',
      ]),
    )
    .option('--key <name>', 'only requests that come in with this key')
    .option('--domain <domain>', 'only requests of this domain')
    .option('--tier <tier>', 'only calls to this tier')
    .option('--alert <shares>', 'tell when so much is spent; 80%,100% by default', parseShares)
    .option('--remove', 'take the budget back: its id, e.g. month/usd, stands in place of the limit')
    .action(async (limit: string, _, command: Command) => {
      const { budgetSet } = await import('./commands/budget-set.js');
      done(await budgetSet(limit, flagsOf<BudgetSetFlags>(command)));
    });

  // Reached with the name of no action, or with none.
  budget
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace budget ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${budget.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

/** Its own flags, and those that stand on `budget`. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();

/** `50%,80%,100%` */
const parseShares = (text: string): number[] => text.split(',').map(parseShare);
