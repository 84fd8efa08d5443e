import { InvalidRequestError } from '@terrace/core';
import type { Command } from 'commander';
import type { ForgetFlags } from './commands/learn-lessons.js';
import type { LearnRunFlags } from './commands/learn-run.js';
import { parseDurationMs } from './quantities.js';
import type { GlobalFlags } from './settings.js';

/** Makes `terrace learn` of a command that has the flags every command has; each action is a subcommand. */
export function addLearnActions(learn: Command, signal: AbortSignal, done: (code: number) => void): void {
  const action = (name: string, description: string): Command =>
    learn.command(name).description(description).configureHelp({ showGlobalOptions: true });
  const lessons = () => import('./commands/learn-lessons.js');

  action('status', 'what was learnt from what, and how much climbing it saved').action(async (_, command: Command) => {
    const { learnStatusCommand } = await import('./commands/learn-status.js');
    done(await learnStatusCommand(flagsOf(command)));
  });

  action('run', 'fit now what has gathered, and promote what is better')
    .option('--domain <domain>', 'lessons of this domain only')
    .action(async (_, command: Command) => {
      const { learnRun } = await import('./commands/learn-run.js');
      done(await learnRun(flagsOf<LearnRunFlags>(command), signal));
    });

  action('pause', 'fit and promote nothing until resumed; lessons go on gathering').action(
    async (_, command: Command) => done(await (await lessons()).pauseLearning(true, flagsOf(command))),
  );

  action('resume', 'go on').action(async (_, command: Command) =>
    done(await (await lessons()).pauseLearning(false, flagsOf(command))),
  );

  action('forget', 'remove the texts that were kept to learn from')
    .option('--domain <domain>', 'those of this domain')
    .option('--older <time>', 'those kept for longer than this, e.g. 30d', parseDurationMs)
    .option('--all', 'every one')
    .action(async (_, command: Command) => done(await (await lessons()).forgetLessons(flagsOf<ForgetFlags>(command))));

  // Reached with the name of no action, or with none.
  learn
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace learn ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${learn.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}

/** Its own flags, and those that stand on `learn`. */
const flagsOf = <T extends GlobalFlags = GlobalFlags>(command: Command): T => command.optsWithGlobals<T>();
