import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { TiersAddFlags } from './commands/tiers-add.js';
import type { TiersListFlags } from './commands/tiers-list.js';
import { parseAmount, parseDurationMs } from './quantities.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace tiers` of a command that has the flags every command has; without an action it lists. */
export function addTiersActions(tiers: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    tiers.command(name).description(description).configureHelp({ showGlobalOptions: true });

  // The default: its argument is there to name what is no action.
  tiers
    .command('list', { isDefault: true })
    .description('the rungs, lightest first: where they are, how they do, what they cost')
    .configureHelp({ showGlobalOptions: true })
    .usage('[options]')
    .argument('[action...]')
    .option('--domain <domain>', 'only rungs that answer in this domain')
    .option('--offline', 'ask nobody how it does')
    .option('--timeout <time>', 'longest that an answer is waited for, e.g. 3s', parseDurationMs)
    .action(async ([wrong]: string[], _, command: Command) => {
      if (wrong !== undefined) throw unknown(wrong, tiers);
      const { listTiers } = await import('./commands/tiers-list.js');
      done(await listTiers(flagsOf<TiersListFlags>(command), signal));
    });

  action('add [url]', 'a model that somebody else runs, once it has answered')
    .option('--id <id>', 'what to call it; made from the host by default')
    .addOption(new Option('--protocol <protocol>', 'what it speaks; found out by default').choices(PROTOCOLS))
    .option('--model <name>', 'what it calls the model; of a Terrace its whole ladder by default')
    .addOption(new Option('--placement <place>', 'where it is; told by the host by default').choices(['site', 'cloud']))
    .addOption(repeated('--domain <domain>', 'a domain whose labels it answers with; may be repeated'))
    .addOption(repeated('--task <task>', 'what it does; may be repeated').choices(TASKS).argParser(oneOfTasks))
    .option('--price-per-call <amount>', 'what a call costs', parseAmount)
    .option('--price-input <amount>', 'what a million tokens of input cost', parseAmount)
    .option('--price-output <amount>', 'what a million tokens of output cost', parseAmount)
    .option('--currency <code>', 'of the prices, e.g. EUR; USD by default')
    .option('--usd-per-unit <amount>', 'what one unit of the currency is worth in US dollars', parseAmount)
    .option('--residency-label <text>', 'where the data goes, in your words, e.g. EU')
    .option('--redact', 'replace personal data before anything is sent; what goes to the cloud is redacted anyway')
    .option('--no-redact', 'send texts as they are')
    .option('--timeout <time>', 'longest that one call may take, e.g. 30s', parseDurationMs)
    .option('--replace', 'in the place of one of the same id')
    .option('--allow-http', 'without encryption, also to hosts outside the premises')
    .option('--key <key>', 'the key to sign it with where signatures are required, when there is more than one')
    .action(async (url: string | undefined, _, command: Command) => {
      const { addTier } = await import('./commands/tiers-add.js');
      done(await addTier(named(url, 'add URL'), flagsOf<TiersAddFlags>(command), signal));
    });

  action('remove [id]', 'one that was added').action(async (id: string | undefined, _, command: Command) => {
    const { removeTier } = await import('./commands/tiers-remove.js');
    done(await removeTier(named(id, 'remove ID'), flagsOf(command), signal));
  });
}

const PROTOCOLS = ['openai', 'oip', 'tei'];
const TASKS = ['text-classification', 'feature-extraction', 'text-generation'];

/** Its own flags, and those that stand on `tiers`. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();

const collected = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];

const repeated = (flags: string, description: string): Option => new Option(flags, description).argParser(collected);

/** @throws InvalidRequestError */
function oneOfTasks(value: string, before: readonly string[] | undefined): string[] {
  if (TASKS.includes(value)) return collected(value, before);
  throw new InvalidRequestError({
    message: `"${value.slice(0, 40)}" is no task.`,
    hint: `Use one of: ${TASKS.join(', ')}.`,
  });
}

const unknown = (action: string, tiers: Command): InvalidRequestError =>
  new InvalidRequestError({
    message: `There is no \`terrace tiers ${action.slice(0, 64)}\`.`,
    hint: `Use one of: ${tiers.commands.map((each) => each.name()).join(', ')}.`,
    facts: { action: action.slice(0, 64) },
  });

function named(what: string | undefined, usage: string): string {
  if (what) return what;
  throw new InvalidRequestError({
    message: 'The last argument is missing.',
    hint: `Write \`terrace tiers ${usage}\`.`,
  });
}
