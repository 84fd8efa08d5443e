import { InvalidRequestError } from '@terrace/core';
import { Option, type Command } from 'commander';
import type { PromptReportFlags } from './commands/prompt-report.js';
import { parseCount } from './quantities.js';

/** Makes `terrace prompt` of a command that has the flags every command has; each action is a subcommand. */
export function addPromptActions(prompt: Command, signal: AbortSignal, done: (code: number) => void): void {
  prompt
    .command('report')
    .description('tokens and money that shorter chats save, and what that does to their answers')
    .configureHelp({ showGlobalOptions: true })
    .requiredOption('--set <file>', 'chats, one {"messages", "answers"?} a line')
    .option('--tier <id>', 'ask this tier alone')
    .option('--economy <json>', 'how they are shortened; {"whitespace":true,"boilerplate":true} by default')
    .addOption(
      new Option('--judge <how>', 'how an answer is compared with the right ones').choices([
        'exact',
        'contains',
        'json',
      ]),
    )
    .option('--max-tokens <n>', 'longest answer, in tokens; 64 by default', parseCount)
    .option('--every <n>', 'use every n-th chat only, from the first', parseCount)
    .action(async (_, command: Command) => {
      const { promptReport } = await import('./commands/prompt-report.js');
      done(await promptReport(command.optsWithGlobals<PromptReportFlags>(), signal));
    });

  // Reached with the name of no action, or with none.
  prompt
    .usage('<action> [options]')
    .argument('[action...]')
    .action(([wrong]: string[]) => {
      throw new InvalidRequestError({
        message:
          wrong === undefined ? 'The action is missing.' : `There is no \`terrace prompt ${wrong.slice(0, 64)}\`.`,
        hint: `Use one of: ${prompt.commands.map((each) => each.name()).join(', ')}.`,
        facts: { action: wrong?.slice(0, 64) },
      });
    });
}
