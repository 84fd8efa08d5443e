import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { QueueFlags } from './commands/queue.js';
import { parseCount, parseDurationMs } from './quantities.js';

/** Makes `terrace queue` of a command that has the flags every command has; each action is a subcommand. */
export function addQueueActions(queue: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    queue.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const commands = () => import('./commands/queue.js');

  action('list', 'requests that were put off, oldest first, without their texts')
    .addOption(new Option('--state <state>', 'only these').choices(['waiting', 'done', 'failed']))
    .option('--limit <n>', 'at most so many; 100 by default', parseCount)
    .action(async (_, command: Command) => done(await (await commands()).listQueue(flagsOf(command))));

  action('show <id>', 'one request, with its text and its answer').action(async (id: string, _, command: Command) =>
    done(await (await commands()).showQueued(id, flagsOf(command))),
  );

  action('wait <id>', 'wait for the answer to one request')
    .option('--timeout <time>', 'no longer than this, e.g. 30s', parseDurationMs)
    .action(async (id: string, _, command: Command) =>
      done(await (await commands()).waitForQueued(id, flagsOf(command), signal)),
    );

  action('run', 'answer now what waits, in order, as long as it can be answered').action(async (_, command: Command) =>
    done(await (await commands()).runQueue(flagsOf(command), signal)),
  );

  action('forget [id]', 'remove a request with its text and its answer')
    .option('--done', 'every one that has ended')
    .action(async (id: string | undefined, _, command: Command) =>
      done(await (await commands()).forgetQueued(id, flagsOf(command))),
    );

  // Reached with the name of no action, or with none.
  queue
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace queue ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${queue.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

/** Its own flags, and those that stand on `queue`. */
const flagsOf = (command: Command): QueueFlags => command.optsWithGlobals<QueueFlags>();
