import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { CacheActionFlags } from './commands/cache.js';
import { parseShare } from './quantities.js';

/** Makes `terrace cache` of a command that has the flags every command has; each action is a subcommand. */
export function addCacheActions(cache: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    cache.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const commands = () => import('./commands/cache.js');

  action('stats', 'how many answers are kept, and how far those to questions that are alike can be trusted').action(
    async (_, command: Command) => done(await (await commands()).cacheStats(flagsOf(command))),
  );

  action('clear', 'forget every answer, also of a server that runs').action(async (_, command: Command) =>
    done(await (await commands()).clearCache(flagsOf(command))),
  );

  action('invalidate', 'forget the answers that were kept under a tag')
    .requiredOption('--tag <tag>', 'as requests have named it')
    .action(async (_, command: Command) => done(await (await commands()).invalidateCache(flagsOf(command))));

  action('calibrate', 'say how alike questions must be, from questions whose right answers are known')
    .requiredOption('--pairs <file>', 'one {"a", "b", "same"}, or one {"text", "label"}, a line')
    .option('--domain <domain>', 'the domain of the questions')
    .addOption(
      new Option('--task <task>', 'what is asked of them')
        .choices(['text-classification', 'text-generation'])
        .default('text-classification'),
    )
    .option('--semantic-cache <rate>', 'most of the answers that may be wrong, e.g. 1%', parseShare)
    .action(async (_, command: Command) => {
      const { calibrateCache } = await import('./commands/cache-calibrate.js');
      done(await calibrateCache(flagsOf(command), signal));
    });

  // Reached with the name of no action, or with none.
  cache
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace cache ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${cache.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

/** Its own flags, and those that stand on `cache`. */
const flagsOf = (command: Command): CacheActionFlags => command.optsWithGlobals<CacheActionFlags>();
