import { InvalidRequestError } from '@terrace/core';
import type { Command } from 'commander';
import type { CacheActionFlags } from './commands/cache.js';

/** Makes `terrace cache` of a command that has the flags every command has; each action is a subcommand. */
export function addCacheActions(cache: Command, done: (code: number) => void): void {
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
